/** A process that neither runs nor ends: SIGSTOP, and the certainty that it has stopped. */
import { readdirSync, readFileSync } from 'node:fs';

/** proc(5), stat: the state is the field behind the name in brackets; T where it is stopped. */
const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });

/** The signal is delivered when the kernel comes to it: until then the process may still answer. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  if (process.platform !== 'linux') return;
  while (!isStopped(pid)) await new Promise((resolve) => setTimeout(resolve, 1));
}
