import type { Reply } from '@elida/contracts/api';
import type { Command } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { plain, type Screen } from '../terminal/screen.ts';

export const policiesDiff = (shell: Shell): Command =>
  remoteCommand('diff', 'What is different between two versions of a policy')
    .argument('<name>')
    .argument('[from]', 'default: the version before', wholeNumber)
    .argument('[to]', 'default: the last', wholeNumber)
    .action(async (name: string, from: number | undefined, to: number | undefined, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const diff = await client.call('diffPolicy', {
        params: { name },
        query: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      });
      screen.result(diff, () => [...summaryOf(diff), ...coloured(screen, diff.text)].join('\n'));
    });

function summaryOf({ rules: { added, removed, changed }, settings }: Reply<'diffPolicy'>): string[] {
  const line = (word: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`${word}: ${names.map(plain).join(', ')}`] : [];
  const all = [
    ...line('rules added', added),
    ...line('rules removed', removed),
    ...line(
      'rules changed',
      changed.map(({ name, changes }) => `${name} (${changes.map(({ path }) => path).join(', ')})`),
    ),
    ...line(
      'settings changed',
      settings.map(({ path }) => path),
    ),
  ];
  return all.length > 0 ? [...all, ''] : ['nothing is different'];
}

const coloured = (screen: Screen, text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const clean = plain(line);
      if (/^(---|\+\+\+) /.test(clean)) return screen.paint('bold', clean);
      if (clean.startsWith('+')) return screen.paint('green', clean);
      return clean.startsWith('-') ? screen.paint('red', clean) : clean;
    });
