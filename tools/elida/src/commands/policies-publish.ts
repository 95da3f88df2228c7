import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

export const policiesPublish = (shell: Shell): Command =>
  remoteCommand('publish', 'Give what is stored to the edges')
    .addOption(new Option('--note <text>', 'why').default(''))
    .action(async ({ note, ...flags }: RemoteFlags & { readonly note: string }) => {
      const { client, screen } = remote(shell, flags);
      const published = await client.call('publishSnapshot', { body: { note } });
      screen.result(published, () => `snapshot ${published.version} is published`);
    });
