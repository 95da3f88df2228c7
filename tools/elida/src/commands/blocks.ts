import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { blocksLift } from './blocks-lift.ts';
import { blocksList } from './blocks-list.ts';
import { blocksSet } from './blocks-set.ts';

export const blocksCommands = (shell: Shell): Command[] => [blocksList(shell), blocksSet(shell), blocksLift(shell)];
