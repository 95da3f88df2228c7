import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

export const keysRevoke = (shell: Shell): Command =>
  remoteCommand('revoke', 'Revoke a key, everywhere, at once')
    .argument('<key>', 'its id: the middle part of elida_<id>_<secret>')
    .action(async (id: string, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const key = await client.call('revokeKey', { params: { id } });
      screen.result(key, () => `revoked ${key.id} (${key.name})`);
    });
