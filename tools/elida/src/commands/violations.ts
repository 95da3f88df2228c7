import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { violationsList } from './violations-list.ts';

export const violationsCommands = (shell: Shell): Command[] => [violationsList(shell)];
