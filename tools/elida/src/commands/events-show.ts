import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { fields } from '../terminal/screen.ts';

export const eventsShow = (shell: Shell): Command =>
  remoteCommand('show', 'One event, with all that it says')
    .argument('<event-id>', 'its event_id')
    .action(async (event_id: string, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const event = await client.call('getEvent', { params: { event_id } });
      screen.result(event, () => {
        const { data, ...head } = event;
        const told = Object.entries(data).map(([name, value]): readonly [string, string] => [
          `data.${name}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]);
        return fields(screen, [
          ...Object.entries(head).map(([name, value]): readonly [string, string] => [name, String(value)]),
          ...told,
        ]);
      });
    });
