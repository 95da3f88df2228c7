import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { keysCreate } from './keys-create.ts';
import { keysList } from './keys-list.ts';
import { keysRevoke } from './keys-revoke.ts';

export const keysCommands = (shell: Shell): Command[] => [keysCreate(shell), keysList(shell), keysRevoke(shell)];
