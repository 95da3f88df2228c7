import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { table } from '../terminal/screen.ts';
import { printInstant } from '../terminal/wording.ts';

export const keysList = (shell: Shell): Command =>
  remoteCommand('list', 'API keys, never their secrets')
    .alias('ls')
    .action(async (flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const list = await client.call('listKeys');
      const rows = list.keys.map((key) => [
        key.id,
        key.name,
        key.roles.join(','),
        key.tenant,
        key.owner,
        printInstant(key.created_at),
        key.revoked_at
          ? `revoked ${printInstant(key.revoked_at)}`
          : key.expires_at
            ? `until ${printInstant(key.expires_at)}`
            : 'valid',
      ]);
      screen.result(list, () => table(screen, ['KEY', 'NAME', 'ROLES', 'TENANT', 'OWNER', 'CREATED', 'STATE'], rows));
    });
