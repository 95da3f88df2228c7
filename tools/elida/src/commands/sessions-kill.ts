import type { Command } from 'commander';
import { orderCommand } from '../order.ts';
import type { Shell } from '../shell.ts';

export const sessionsKill = (shell: Shell): Command =>
  orderCommand(shell, 'kill', 'Refuse what is new and cut what runs, at once', true);
