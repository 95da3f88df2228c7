import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { sessionsHold } from './sessions-hold.ts';
import { sessionsKill } from './sessions-kill.ts';
import { sessionsList } from './sessions-list.ts';
import { sessionsResume } from './sessions-resume.ts';
import { sessionsShow } from './sessions-show.ts';
import { sessionsTerminate } from './sessions-terminate.ts';
import { sessionsTree } from './sessions-tree.ts';
import { sessionsWatch } from './sessions-watch.ts';

export const sessionsCommands = (shell: Shell): Command[] => [
  sessionsList(shell),
  sessionsShow(shell),
  sessionsTree(shell),
  sessionsWatch(shell),
  sessionsKill(shell),
  sessionsHold(shell),
  sessionsResume(shell),
  sessionsTerminate(shell),
];
