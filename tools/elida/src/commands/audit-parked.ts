import { Command, Option } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { table } from '../terminal/screen.ts';
import { plural, printBytes, printInstant } from '../terminal/wording.ts';

interface ListFlags extends RemoteFlags {
  readonly all?: boolean;
  readonly limit: number;
}

const list = (shell: Shell): Command =>
  remoteCommand('list', 'Batches of events that could not be stored, newest first')
    .alias('ls')
    .addOption(new Option('--all', 'also those that are stored by now'))
    .addOption(new Option('--limit <n>', 'at most this many').argParser(wholeNumber).default(50))
    .action(async (flags: ListFlags) => {
      const { client, screen } = remote(shell, flags);
      const parked = await client.call('listParked', {
        query: { limit: flags.limit, all: flags.all ? 'true' : 'false' },
      });
      const rows = parked.parked.map((batch) => [
        batch.id,
        printInstant(batch.parked_at),
        printBytes(batch.bytes),
        batch.replayed_at ? 'stored' : batch.replay_requested_at ? 'asked for' : 'parked',
        batch.error.slice(0, 120),
      ]);
      screen.result(parked, () => table(screen, ['ID', 'AT', 'BYTES', 'STATE', 'ERROR'], rows));
    });

const replay = (shell: Shell): Command =>
  remoteCommand('replay', 'Try them again: a worker takes them within seconds')
    .argument('[id...]', 'default: all that are not stored')
    .action(async (ids: string[], flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const reply = await client.call('replayParked', { body: { ids } });
      screen.result(reply, () => `${plural(reply.replayed, 'batch').replace('batchs', 'batches')} will be tried again`);
    });

export const auditParked = (shell: Shell): Command =>
  new Command('parked')
    .description('Batches of events that could not be stored')
    .addCommand(list(shell))
    .addCommand(replay(shell));
