import type { Command } from 'commander';
import { group } from '../command-group.ts';
import type { Shell } from '../shell.ts';
import { eventsCommands } from './events.ts';
import { exportCommand } from './export.ts';
import { logCommands } from './log.ts';
import { verify } from './verify.ts';

export const recordCommands = (shell: Shell): Command[] => [
  group('events', 'The record: what happened', eventsCommands(shell)),
  group('log', 'The signed log over the record', logCommands(shell)),
  exportCommand(shell),
  verify(shell),
];
