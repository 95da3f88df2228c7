import type { SessionView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { type Screen, table } from '../terminal/screen.ts';
import { printBytes, printCount, printDuration } from '../terminal/wording.ts';

interface ListFlags extends RemoteFlags {
  readonly state?: SessionView['state'];
  readonly backend?: string;
  readonly principal?: string;
  readonly agent?: string;
  readonly tag?: string;
  readonly text?: string;
  readonly limit?: string;
  readonly ended?: boolean;
}

export const sessionsList = (shell: Shell): Command =>
  remoteCommand('list', 'Live sessions, newest first')
    .alias('ls')
    .addOption(
      new Option('--state <state>').choices(['active', 'held', 'killed', 'terminated', 'timed_out', 'completed']),
    )
    .addOption(new Option('--backend <name>'))
    .addOption(new Option('--principal <name>'))
    .addOption(new Option('--agent <id>'))
    .addOption(new Option('--tag <key=value>'))
    .addOption(new Option('--text <part>', 'part of the id, display name, agent or principal'))
    .addOption(new Option('--limit <n>', 'at most this many').default('50'))
    .addOption(new Option('--ended', 'those that ended, from the history'))
    .action(async (flags: ListFlags) => {
      const { client, screen } = remote(shell, flags);
      const { state, backend, principal, agent, tag, text, limit } = flags;
      const query = { limit, ...(state && { state }), ...(backend && { backend }), ...(principal && { principal }) };
      const list = flags.ended
        ? await client.call('listHistory', { query })
        : await client.call('listSessions', {
            query: { ...query, ...(agent && { agent }), ...(tag && { tag }), ...(text && { text }) },
          });
      screen.result(list, () => sessionTable(screen, list.sessions));
      if (list.next_cursor) screen.note(screen.paint('dim', `more than ${limit}: --limit shows more`));
    });

const STYLES = { active: 'green', held: 'yellow', killed: 'red', terminated: 'red' } as const;

export const paintState = (screen: Screen, state: SessionView['state']): string =>
  state in STYLES ? screen.paint(STYLES[state as keyof typeof STYLES], state) : state;

/** `29.0 throttle`; in brackets what an auditing policy would do. */
export function printRisk({ score, action, enforced }: SessionView['risk']): string {
  if (score === 0) return '-';
  const does = action === 'none' ? '' : enforced ? ` ${action}` : ` (${action})`;
  return `${score.toFixed(1)}${does}`;
}

export function sessionTable(screen: Screen, sessions: readonly SessionView[]): string {
  const rows = sessions.map((session) => [
    session.id,
    session.state,
    session.display_name,
    session.agent,
    session.backend,
    String(session.requests),
    `${printBytes(session.bytes_in)}/${printBytes(session.bytes_out)}`,
    `${printCount(session.tokens.input)}/${printCount(session.tokens.output)}`,
    printRisk(session.risk),
    printDuration(session.duration_ms),
    printDuration(session.idle_ms),
  ]);
  return table(
    screen,
    ['SESSION', 'STATE', 'NAME', 'AGENT', 'BACKEND', 'REQS', 'IN/OUT', 'TOKENS', 'RISK', 'AGE', 'IDLE'],
    rows,
  );
}
