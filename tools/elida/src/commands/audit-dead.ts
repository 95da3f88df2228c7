import { Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { table } from '../terminal/screen.ts';
import { plural, printInstant } from '../terminal/wording.ts';

interface DeadFlags extends RemoteFlags {
  readonly sink?: string;
  readonly limit: number;
}

const list = (shell: Shell): Command =>
  remoteCommand('list', 'Session records that a sink has not taken in all its tries, newest first')
    .alias('ls')
    .addOption(new Option('--sink <name>'))
    .addOption(new Option('--limit <n>', 'at most this many').argParser(wholeNumber).default(50))
    .action(async (flags: DeadFlags) => {
      const { client, screen } = remote(shell, flags);
      const letters = await client.call('listDeadLetters', {
        query: { limit: flags.limit, ...(flags.sink && { sink: flags.sink }) },
      });
      const rows = letters.dead_letters.map((letter) => [
        letter.id,
        printInstant(letter.died_at),
        letter.sink,
        `${letter.session}.${letter.incarnation}`,
        String(letter.attempts),
        letter.error.slice(0, 120),
      ]);
      screen.result(letters, () => table(screen, ['ID', 'AT', 'SINK', 'SESSION', 'TRIES', 'ERROR'], rows));
    });

const replay = (shell: Shell): Command =>
  remoteCommand('replay', 'Deliver them again')
    .argument('[id...]', 'or --sink')
    .addOption(new Option('--sink <name>', 'all of this sink'))
    .action(async (ids: string[], flags: DeadFlags) => {
      const { client, screen } = remote(shell, flags);
      if (ids.length > 0 === (flags.sink !== undefined))
        throw new CommandError('name either ids or --sink', EXIT.usage);
      const reply = await client.call('replayDeadLetters', { body: flags.sink ? { sink: flags.sink } : { ids } });
      screen.result(reply, () => `${plural(reply.replayed, 'record')} will be delivered again`);
    });

export const auditDead = (shell: Shell): Command =>
  new Command('dead').description('Dead letters of the exporters').addCommand(list(shell)).addCommand(replay(shell));
