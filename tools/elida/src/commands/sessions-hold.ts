import type { Command } from 'commander';
import { orderCommand } from '../order.ts';
import type { Shell } from '../shell.ts';

export const sessionsHold = (shell: Shell): Command =>
  orderCommand(shell, 'hold', 'Let new requests wait until a resume', true);
