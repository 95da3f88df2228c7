import type { Command } from 'commander';
import { orderCommand } from '../order.ts';
import type { Shell } from '../shell.ts';

export const sessionsTerminate = (shell: Shell): Command =>
  orderCommand(shell, 'terminate', 'End for good: no resume', false);
