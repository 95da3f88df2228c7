import type { BlockView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { printTarget } from '../target.ts';
import { type Screen, table } from '../terminal/screen.ts';
import { printInstant } from '../terminal/wording.ts';

interface ListFlags extends RemoteFlags {
  readonly past?: boolean;
  readonly limit: string;
}

export const blocksList = (shell: Shell): Command =>
  remoteCommand('list', 'Standing kills, holds and blocks')
    .alias('ls')
    .addOption(new Option('--past', 'those that were lifted or ran out, too'))
    .addOption(new Option('--limit <n>', 'at most this many').default('50'))
    .action(async (flags: ListFlags) => {
      const { client, screen } = remote(shell, flags);
      const list = await client.call('listBlocks', {
        query: { limit: flags.limit, active: flags.past ? 'all' : 'true' },
      });
      screen.result(list, () => blockTable(screen, list.blocks));
    });

function blockTable(screen: Screen, blocks: readonly BlockView[]): string {
  const rows = blocks.map((block) => [
    block.id,
    block.effect,
    printTarget(block.selector),
    block.tenant || 'every',
    block.until === null ? 'for good' : printInstant(block.until),
    block.active ? 'stands' : block.lifted_by ? `lifted by ${block.lifted_by}` : 'ran out',
    block.actor,
    block.reason,
  ]);
  return table(screen, ['BLOCK', 'EFFECT', 'OF', 'TENANT', 'UNTIL', 'STATE', 'BY', 'REASON'], rows);
}
