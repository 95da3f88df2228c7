import type { SessionView } from '@elida/contracts/api';
import type { Command } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { plain, type Screen } from '../terminal/screen.ts';
import { plural } from '../terminal/wording.ts';
import { paintState } from './sessions-list.ts';

export const sessionsTree = (shell: Shell): Command =>
  remoteCommand('tree', 'A session and everything below it')
    .argument('<session>', 'session id or display name')
    .action(async (id: string, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const tree = await client.call('getSessionTree', { params: { id } });
      screen.result(tree, () => drawTree(screen, tree.root, tree.sessions));
    });

/** Each session once, even where the parent links of a damaged record go round in a circle. */
export function drawTree(screen: Screen, root: string, sessions: readonly SessionView[]): string {
  const seen = new Set<string>();
  const lines: string[] = [];
  const draw = (session: SessionView, stem: string, branch: string): void => {
    if (seen.has(session.id)) return;
    seen.add(session.id);
    const label = [session.agent || session.display_name, plural(session.requests, 'request')].map(plain).join('  ');
    lines.push(`${stem}${branch}${session.id}  ${paintState(screen, session.state)}  ${label}`);
    const children = sessions.filter((child) => child.parent === session.id);
    const below = branch === '' ? stem : `${stem}${branch.startsWith('└') ? '   ' : '│  '}`;
    for (const [index, child] of children.entries()) draw(child, below, index === children.length - 1 ? '└─ ' : '├─ ');
  };
  const top = sessions.find((session) => session.id === root) ?? sessions[0];
  if (top) draw(top, '', '');
  return lines.join('\n');
}
