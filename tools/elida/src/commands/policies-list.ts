import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { table } from '../terminal/screen.ts';
import { printInstant } from '../terminal/wording.ts';

export const policiesList = (shell: Shell): Command =>
  remoteCommand('list', 'All policies, and which version of them is in force')
    .alias('ls')
    .action(async (flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const list = await client.call('listPolicies');
      screen.result(list, () =>
        table(
          screen,
          ['POLICY', 'VERSION', 'PUBLISHED', 'OWNER', 'BY', 'SINCE'],
          list.policies.map(({ name, version, published, owner, author, created_at }) => [
            name,
            String(version),
            published === null ? 'no' : String(published),
            owner,
            author,
            printInstant(created_at),
          ]),
        ),
      );
    });
