/** Can we listen where we are to listen? Asked for all listeners before anything is started, so that nothing half starts. */
import { createServer } from 'node:net';
import { type ListenAddress, printListen } from '@elida/contracts';
import type { Wiring } from '@elida/kernel';
import { CommandError } from '../exit-code.ts';

const LISTENERS = [
  ['proxy', '--port'],
  ['control', '--control-port'],
  ['metrics', '--metrics-port'],
] as const;

/** @throws CommandError naming every listener that cannot be had, and the flag that moves it. */
export async function checkListeners(wiring: Pick<Wiring, 'proxy' | 'control' | 'metrics'>): Promise<void> {
  const problems: string[] = [];
  for (const [name, flag] of LISTENERS) {
    const address = wiring[name];
    const twin = LISTENERS.find(
      ([other]) => other !== name && address.port !== 0 && printListen(wiring[other]) === printListen(address),
    );
    const problem = twin ? `is the ${twin[0]} listener's too` : await tryListen(address);
    if (problem) problems.push(`${name} listener ${printListen(address)} ${problem} (${flag}; 0 picks a free port)`);
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process',
  EACCES: 'may not be opened by this user',
  EADDRNOTAVAIL: 'is no address of this machine',
  ENOTFOUND: 'has a host name that nobody knows',
  EAI_AGAIN: 'has a host name that cannot be looked up now',
};

function tryListen({ host, port }: ListenAddress): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(REASONS[error.code ?? ''] ?? `cannot be opened (${error.message})`),
    );
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)));
  });
}
