import type { EventView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type Remote, type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { addSinceFlags, type SinceFlags, sinceOf } from '../since.ts';
import { type Screen, table } from '../terminal/screen.ts';
import { printInstant } from '../terminal/wording.ts';
import { summary } from './sessions-watch.ts';

interface ListFlags extends RemoteFlags, SinceFlags {
  readonly session?: string;
  readonly type?: string;
  readonly severity?: string;
  readonly tenant?: string;
  readonly cursor?: string;
  readonly limit: number;
}

const PAGE_MAX = 500;

export const eventsList = (shell: Shell): Command =>
  addSinceFlags(
    remoteCommand('list', 'Audit events, newest first')
      .alias('ls')
      .addOption(new Option('--session <id>', 'ses_…'))
      .addOption(new Option('--type <type>', 'session_started, violation_detected, kill_requested, access …'))
      .addOption(new Option('--severity <severity>').choices(['info', 'warning', 'critical']))
      .addOption(new Option('--tenant <name>')),
  )
    .addOption(new Option('--limit <n>', 'at most this many').argParser(wholeNumber).default(50))
    .addOption(new Option('--cursor <cursor>', '`next_cursor` of an earlier list: go on behind it'))
    .action(async (flags: ListFlags) => {
      const { client, screen } = remote(shell, flags);
      const list = await eventsOf(client, flags);
      screen.result(list, () => eventTable(screen, list.events));
      if (list.next_cursor) screen.note(screen.paint('dim', `more than ${flags.limit}: --limit shows more`));
    });

/** Page after page, up to the limit. */
async function eventsOf(
  client: Remote['client'],
  flags: ListFlags,
): Promise<{ events: EventView[]; next_cursor: string }> {
  const { session, type, severity, tenant, limit } = flags;
  const filter = { session, type, severity, tenant, ...sinceOf(flags, Date.now()) };
  const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const events: EventView[] = [];
  let cursor = flags.cursor ?? '';
  do {
    const page = await client.call('listEvents', {
      query: { ...query, cursor, limit: Math.min(PAGE_MAX, limit - events.length) },
    });
    events.push(...page.events);
    cursor = page.next_cursor;
  } while (cursor !== '' && events.length < limit);
  return { events, next_cursor: cursor };
}

function eventTable(screen: Screen, events: readonly EventView[]): string {
  const rows = events.map((event) => [
    String(event.id),
    printInstant(event.occurred_at),
    event.type,
    event.severity,
    event.session || '-',
    summary(event.data).slice(0, 100),
  ]);
  return table(screen, ['ID', 'AT', 'TYPE', 'SEVERITY', 'SESSION', 'DATA'], rows);
}
