import type { Command } from 'commander';
import { orderCommand } from '../order.ts';
import type { Shell } from '../shell.ts';

export const sessionsResume = (shell: Shell): Command => orderCommand(shell, 'resume', 'Lift a kill or a hold', false);
