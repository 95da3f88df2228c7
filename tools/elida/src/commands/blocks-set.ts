import type { Command } from 'commander';
import { orderCommand } from '../order.ts';
import type { Shell } from '../shell.ts';

export const blocksSet = (shell: Shell): Command =>
  orderCommand(shell, 'block', 'Refuse new requests; what runs is not cut', true);
