import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { policiesApply } from './policies-apply.ts';
import { policiesDelete } from './policies-delete.ts';
import { policiesDiff } from './policies-diff.ts';
import { policiesExplain } from './policies-explain.ts';
import { policiesGet } from './policies-get.ts';
import { policiesList } from './policies-list.ts';
import { policiesPresets } from './policies-presets.ts';
import { policiesPublish } from './policies-publish.ts';
import { policiesRollback } from './policies-rollback.ts';

export const policiesCommands = (shell: Shell): Command[] => [
  policiesList(shell),
  policiesGet(shell),
  policiesApply(shell),
  policiesDiff(shell),
  policiesExplain(shell),
  policiesDelete(shell),
  policiesPublish(shell),
  policiesRollback(shell),
  policiesPresets(shell),
];
