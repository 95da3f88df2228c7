import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { addSinceFlags, type SinceFlags, sinceOf } from '../since.ts';
import { table } from '../terminal/screen.ts';
import { plural } from '../terminal/wording.ts';

interface StatsFlags extends RemoteFlags, SinceFlags {
  readonly tenant?: string;
}

export const eventsStats = (shell: Shell): Command =>
  addSinceFlags(remoteCommand('stats', 'Events by type and severity').addOption(new Option('--tenant <name>'))).action(
    async (flags: StatsFlags) => {
      const { client, screen } = remote(shell, flags);
      const query = { ...(flags.tenant && { tenant: flags.tenant }), ...sinceOf(flags, Date.now()) };
      const stats = await client.call('getEventStats', { query });
      const rows = (counts: Record<string, number>) =>
        Object.entries(counts)
          .sort(([, a], [, b]) => b - a)
          .map(([name, count]) => [name, String(count)]);
      screen.result(stats, () =>
        [
          `${plural(stats.total_events, 'event')} of ${plural(stats.unique_session_ids, 'session')}`,
          table(screen, ['TYPE', 'EVENTS'], rows(stats.events_by_type)),
          table(screen, ['SEVERITY', 'EVENTS'], rows(stats.events_by_severity)),
        ].join('\n\n'),
      );
    },
  );
