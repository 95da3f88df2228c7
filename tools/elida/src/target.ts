/** Whom an order concerns, as flags: a session by argument or one selector. */
import type { Scope } from '@elida/contracts';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from './exit-code.ts';

export interface TargetFlags {
  readonly session?: string;
  readonly tree?: string;
  readonly principal?: string;
  readonly agent?: string;
  readonly tenant?: string;
  readonly backend?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export interface Target {
  readonly scope: Scope;
  readonly id: string;
}

const SCOPES_WITH_ID = ['session', 'tree', 'principal', 'agent', 'tenant', 'backend'] as const;

export const addTargetFlags = (command: Command): Command =>
  command
    .addOption(new Option('--session <id>', 'one session: ses_… or its display name'))
    .addOption(new Option('--tree <id>', 'a session and everything below it'))
    .addOption(new Option('--principal <name>', 'everything of one caller'))
    .addOption(new Option('--agent <id>', 'everything of one agent'))
    .addOption(new Option('--tenant <name>', 'everything of one tenant'))
    .addOption(new Option('--backend <name>', 'everything that goes to one backend'))
    .addOption(new Option('--all', 'everything'))
    .addOption(new Option('-y, --yes', 'do not ask before --all'));

/** @throws CommandError where there is none, or more than one. */
export function targetOf(flags: TargetFlags, argument?: string): Target {
  const given: Target[] = SCOPES_WITH_ID.flatMap((scope) => {
    const id = flags[scope];
    return id === undefined ? [] : [{ scope, id }];
  });
  if (argument !== undefined) given.push({ scope: 'session', id: argument });
  if (flags.all) given.push({ scope: 'all', id: '' });
  const [target, ...others] = given;
  if (!target || others.length > 0) {
    throw new CommandError(
      `name ${target ? 'only one' : 'a'} target: a session id, or one of ${SCOPES_WITH_ID.map((s) => `--${s}`).join(', ')}, --all`,
      EXIT.usage,
    );
  }
  return target;
}

export const printTarget = ({ scope, id }: Target): string => (scope === 'all' ? 'everything' : `${scope} ${id}`);
