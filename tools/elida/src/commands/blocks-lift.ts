import type { Command } from 'commander';
import { describeOrder } from '../order.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

export const blocksLift = (shell: Shell): Command =>
  remoteCommand('lift', 'Lift a block')
    .argument('<block>', 'its id, as `blocks list` shows it')
    .action(async (id: string, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const order = await client.call('liftBlock', { params: { id } });
      screen.result(order, () => describeOrder(screen, order));
    });
