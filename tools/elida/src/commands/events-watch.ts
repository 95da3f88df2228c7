import type { LiveMessage } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { line } from './sessions-watch.ts';

interface WatchFlags extends RemoteFlags {
  readonly session?: string;
  readonly type?: readonly string[];
  readonly severity?: readonly string[];
}

export const eventsWatch = (shell: Shell): Command =>
  remoteCommand('watch', 'Audit events as they happen; with --json one object a line')
    .addOption(new Option('--session <id>', 'ses_…'))
    .addOption(new Option('--type <type...>'))
    .addOption(new Option('--severity <severity...>').choices(['info', 'warning', 'critical']))
    .action(async (flags: WatchFlags) => {
      const { client, screen } = remote(shell, flags);
      for await (const message of client.live({ topics: 'events' }, shell.signal))
        if (concerns(message, flags)) screen.result(message, () => line(screen, message, new Date().toISOString()));
    });

/** That something was missed concerns everybody. */
function concerns({ topic, data }: LiveMessage, { session, type, severity }: WatchFlags): boolean {
  if (topic === 'reset') return true;
  const isOne = (wanted: readonly string[] | undefined, value: unknown): boolean =>
    wanted === undefined || wanted.includes(String(value));
  return (
    isOne(session === undefined ? undefined : [session], data.session) &&
    isOne(type, data.type) &&
    isOne(severity, data.severity)
  );
}
