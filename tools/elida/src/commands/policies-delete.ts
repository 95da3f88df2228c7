import { type Command, Option } from 'commander';
import { confirm, type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

interface DeleteFlags extends RemoteFlags {
  readonly yes?: boolean;
  readonly publish?: boolean;
}

export const policiesDelete = (shell: Shell): Command =>
  remoteCommand('delete', 'End a policy; its versions stay to be read')
    .alias('rm')
    .argument('<name>')
    .addOption(new Option('-y, --yes', 'do not ask'))
    .addOption(new Option('--publish', 'and take it from the edges'))
    .action(async (name: string, flags: DeleteFlags) => {
      const { client, screen } = remote(shell, flags);
      if (!flags.yes) await confirm(shell, screen, `End the policy ${name}?`);
      await client.call('deletePolicy', { params: { name } });
      const published = flags.publish
        ? await client.call('publishSnapshot', { body: { note: `policy ${name} deleted` } })
        : null;
      screen.result({ name, deleted: true, published }, () =>
        published
          ? `${name} is gone with snapshot ${published.version}`
          : `${name} is gone; \`elida policies publish\` takes it from the edges`,
      );
    });
