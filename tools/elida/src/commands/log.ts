import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { logProof } from './log-proof.ts';
import { logShow } from './log-show.ts';

export const logCommands = (shell: Shell): Command[] => [logShow(shell), logProof(shell)];
