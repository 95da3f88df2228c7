import type { LogView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { fields, plain, type Screen } from '../terminal/screen.ts';
import { plural, printDuration, printInstant } from '../terminal/wording.ts';

interface ShowFlags extends RemoteFlags {
  readonly tenant?: string;
}

export const logShow = (shell: Shell): Command =>
  remoteCommand('show', 'The signed log of each tenant: size, root, last checkpoint, public key, alarms')
    .addOption(new Option('--tenant <name>', '`*`: the log of what concerns no tenant alone'))
    .action(async (flags: ShowFlags) => {
      const { client, screen } = remote(shell, flags);
      const list = await client.call('listLogs', { query: flags.tenant ? { tenant: flags.tenant } : {} });
      screen.result(list, () => list.logs.map((log) => describeLog(screen, log)).join('\n\n') || 'no log yet');
    });

function describeLog(screen: Screen, log: LogView): string {
  const { checkpoint } = log;
  const waits = log.waiting === 0 ? 'nothing' : `${plural(log.waiting, 'event')}, up to ${printDuration(log.lag_ms)}`;
  const alarms = log.alarms.map(({ name, at, detail }) =>
    screen.paint('red', plain(`${name} ${printInstant(at)}: ${detail}`)),
  );
  const told = fields(screen, [
    ['tenant', log.tenant],
    ['origin', log.origin],
    ['key', log.key],
    ['leaves', log.removed > 0 ? `${log.size} (${log.removed} removed by retention)` : String(log.size)],
    ['root', log.root],
    ['checkpoint', checkpoint ? `${checkpoint.size} leaves, ${printInstant(checkpoint.at)}` : 'none yet'],
    ['waiting', waits],
  ]);
  return [told, ...alarms].join('\n');
}
