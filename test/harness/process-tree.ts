/** Processes below one of ours, from /proc: to see that none of them outlives it. */
import { readdirSync, readFileSync } from 'node:fs';

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly state: string;
}

function look(pid: number): Running | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), start: fields[19] ?? '', state: fields[0] ?? '' };
  } catch {
    return null; // it ended while we looked
  }
}

/** All descendants that run now. */
export function descendants(pid: number): readonly Running[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(Number(name)) ?? []);
  const below = (parent: number): Running[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

/** Of those, the ones that still run: the same process, not one that got its number since. */
export const survivors = (seen: readonly Running[]): number[] =>
  seen
    .filter(({ pid, start }) => {
      const now = look(pid);
      return now !== null && now.start === start && now.state !== 'Z';
    })
    .map(({ pid }) => pid);
