/** One standalone a data folder. */
import { join } from 'node:path';
import { takeFileLock } from '@elida/kernel';
import { CommandError } from '../exit-code.ts';

export interface FolderLock {
  release(): void;
}

/** @throws CommandError where another process that still runs holds the folder. */
export function lockFolder(folder: string): FolderLock {
  const lock = takeFileLock(join(folder, 'lock'));
  if (lock.held) return lock;
  throw new CommandError(
    lock.pid === null
      ? `the data folder ${folder} could not be locked`
      : `the data folder ${folder} is in use by process ${lock.pid}; stop it, or give this one another --data-dir`,
  );
}
