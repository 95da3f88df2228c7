import { type Command, Option } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

export const policiesRollback = (shell: Shell): Command =>
  remoteCommand('rollback', 'Publish again what an earlier snapshot held: policies, routing, backends')
    .argument('<snapshot>', 'its version', wholeNumber)
    .addOption(new Option('--note <text>', 'why').default(''))
    .action(async (version: number, { note, ...flags }: RemoteFlags & { readonly note: string }) => {
      const { client, screen } = remote(shell, flags);
      const published = await client.call('rollbackSnapshot', { body: { version, note } });
      screen.result(published, () => `snapshot ${published.version} holds what ${version} held`);
    });
