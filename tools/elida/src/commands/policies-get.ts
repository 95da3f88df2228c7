import { printYaml } from '@elida/kernel';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';

interface GetFlags extends RemoteFlags {
  readonly at?: number;
}

export const policiesGet = (shell: Shell): Command =>
  remoteCommand('get', 'One policy as YAML')
    .argument('<name>')
    .addOption(new Option('--at <version>', 'another than the last').argParser(wholeNumber))
    .action(async (name: string, { at: version, ...flags }: GetFlags) => {
      const { client, screen } = remote(shell, flags);
      const policy =
        version === undefined
          ? await client.call('getPolicy', { params: { name } })
          : await client.call('getPolicyVersion', { params: { name, version } });
      screen.note(`${policy.name}@${policy.version}, owned by ${policy.owner}`);
      screen.result(policy, () => printYaml(policy.content, ['name', 'type']).trimEnd());
    });
