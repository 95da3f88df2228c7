import { printYaml } from '@elida/kernel';
import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { table } from '../terminal/screen.ts';

export const policiesPresets = (shell: Shell): Command =>
  remoteCommand('presets', 'What is shipped to begin with; with a name: its rules as YAML')
    .argument('[name]')
    .action(async (name: string | undefined, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      if (name !== undefined) {
        const preset = await client.call('getPreset', { params: { name } });
        screen.result(preset, () => printYaml({ rules: preset.rules }, ['name', 'type']).trimEnd());
        return;
      }
      const list = await client.call('listPresets');
      screen.result(list, () =>
        table(
          screen,
          ['PRESET', 'RULES', 'WHAT FOR'],
          list.presets.map((one) => [one.name, String(one.rules), one.description]),
        ),
      );
    });
