/** A time that has passed, as flags: a time (RFC 3339), or how long ago. */
import { parseDuration } from '@elida/contracts';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from './exit-code.ts';

export interface SinceFlags {
  readonly since?: string;
  readonly until?: string;
}

export const addSinceFlags = (command: Command): Command =>
  command
    .addOption(new Option('--since <when>', 'a time (RFC 3339), or how long ago: 1h, 7d'))
    .addOption(new Option('--until <when>', 'the same; excluded'));

/** @param now Unix ms. @throws CommandError where it cannot be read. */
export function sinceOf({ since, until }: SinceFlags, now: number): { since?: string; until?: string } {
  return {
    ...(since !== undefined && { since: instantOf('--since', since, now) }),
    ...(until !== undefined && { until: instantOf('--until', until, now) }),
  };
}

function instantOf(flag: string, text: string, now: number): string {
  const ms = parseDuration(text);
  const at = ms === null ? Date.parse(text) : now - ms;
  if (Number.isNaN(at) || (ms === null && !/^\d{4}-\d{2}-\d{2}T/.test(text)))
    throw new CommandError(`${flag} ${text}: a time such as 2026-08-03T14:00:00Z, or how long ago: 1h, 7d`, EXIT.usage);
  return new Date(at).toISOString();
}
