/** The data folder of a standalone instance: made with mode 0700, checked before anything is started in it. */
import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandError } from '../exit-code.ts';

/** @returns the absolute path. @throws CommandError */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    const status = statSync(folder);
    if (!status.isDirectory()) throw new CommandError(`the data folder ${folder} is a file`);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    // The secret lives here: nobody else looks in. A folder that others could read is closed when it is ours.
    if (!made && (status.mode & 0o077) !== 0 && status.uid === process.getuid?.()) chmodSync(folder, 0o700);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'is no folder'
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'cannot be written by this user'
          : code === 'ENOSPC'
            ? 'has no space left'
            : `cannot be used (${code || String(error)})`;
    throw new CommandError(`the data folder ${folder} ${reason}; --data-dir names another`, 1, { cause: error });
  }
  return folder;
}
