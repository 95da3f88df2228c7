/** A file that a person named, `-` being what comes in. */
import { readFile } from 'node:fs/promises';
import { CommandError, EXIT } from './exit-code.ts';
import type { Shell } from './shell.ts';

/** @throws CommandError where it cannot be read. */
export async function readText(shell: Pick<Shell, 'input'>, path: string): Promise<string> {
  if (path === '-') return shell.input();
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path} cannot be read: ${reason}`, EXIT.usage, { cause: error });
  }
}
