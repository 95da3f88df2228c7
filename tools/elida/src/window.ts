/** How long an order stands, as flags: at most one of --for, --until, --until-hour-change, --permanent. */
import { parseDuration } from '@elida/contracts';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from './exit-code.ts';

export interface WindowFlags {
  readonly for?: string;
  readonly until?: string;
  readonly untilHourChange?: boolean;
  readonly permanent?: boolean;
}

export type Window =
  | { readonly mode: 'duration'; readonly duration: string }
  | { readonly mode: 'until'; readonly until: string }
  | { readonly mode: 'until_hour_change' | 'permanent' }
  /** The server decides: `session.kill_block` of its file. */
  | { readonly mode?: never };

export const addWindowFlags = (command: Command): Command =>
  command
    .addOption(
      new Option('--for <duration>', 'this long: 30s, 5m, 1h30m').conflicts(['until', 'untilHourChange', 'permanent']),
    )
    .addOption(new Option('--until <time>', 'until this time (RFC 3339)').conflicts(['untilHourChange', 'permanent']))
    .addOption(new Option('--until-hour-change', 'until the clock hour changes (UTC)').conflicts(['permanent']))
    .addOption(new Option('--permanent', 'for good'));

/** @throws CommandError where a duration or time cannot be read. */
export function windowOf(flags: WindowFlags): Window {
  if (flags.for !== undefined) {
    if (!parseDuration(flags.for))
      throw new CommandError(`--for ${flags.for}: a duration looks like 30s, 5m or 1h30m`, EXIT.usage);
    return { mode: 'duration', duration: flags.for };
  }
  if (flags.until !== undefined) {
    const at = Date.parse(flags.until);
    if (Number.isNaN(at) || !/^\d{4}-\d{2}-\d{2}T/.test(flags.until)) {
      throw new CommandError(`--until ${flags.until}: a time looks like 2026-08-03T14:00:00Z`, EXIT.usage);
    }
    return { mode: 'until', until: new Date(at).toISOString() };
  }
  if (flags.untilHourChange) return { mode: 'until_hour_change' };
  return flags.permanent ? { mode: 'permanent' } : {};
}
