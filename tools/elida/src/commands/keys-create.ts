import { parseDuration } from '@elida/contracts';
import { ROLES, type Role } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

interface CreateFlags extends RemoteFlags {
  readonly role: readonly Role[];
  readonly tenant?: string;
  readonly principal?: string;
  readonly expires?: string;
  readonly backend?: readonly string[];
  readonly mayChooseBackend?: boolean;
}

export const keysCreate = (shell: Shell): Command =>
  remoteCommand('create', 'Make an API key; it is shown this once')
    .argument('<name>', 'what it is for')
    .addOption(new Option('--role <role...>', 'what it may do').choices(ROLES).default(['client']))
    .addOption(new Option('--tenant <name>'))
    .addOption(new Option('--principal <name>', 'whom its requests are counted to'))
    .addOption(new Option('--expires <when>', 'a duration (90d) or a time (RFC 3339)'))
    .addOption(new Option('--backend <name...>', 'only these backends'))
    .addOption(new Option('--may-choose-backend', 'x-backend is obeyed'))
    .action(async (name: string, flags: CreateFlags) => {
      const { client, screen } = remote(shell, flags);
      const key = await client.call('createKey', {
        body: {
          name,
          roles: [...flags.role],
          may_choose_backend: flags.mayChooseBackend === true,
          backends: [...(flags.backend ?? [])],
          ...(flags.tenant && { tenant: flags.tenant }),
          ...(flags.principal && { principal: flags.principal }),
          ...(flags.expires && { expires_at: instantOf(flags.expires, Date.now()) }),
        },
      });
      screen.note(`key ${key.id} (${key.roles.join(', ')}) of tenant ${key.tenant}; it is not shown again:`);
      screen.result(key, () => key.key);
    });

export function instantOf(text: string, now: number): string {
  const ms = parseDuration(text);
  const at = ms === null ? Date.parse(text) : now + ms;
  if (Number.isNaN(at) || at <= now) {
    throw new CommandError(
      `--expires ${text}: a duration such as 90d, or a time to come such as 2027-01-01T00:00:00Z`,
      EXIT.usage,
    );
  }
  return new Date(at).toISOString();
}
