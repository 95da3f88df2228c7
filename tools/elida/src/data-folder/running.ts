/** `running.json`: how the command line finds the instance that owns a data folder. Mode 0600: it holds a key. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from './private-file.ts';

const running = z.object({
  pid: z.number(),
  version: z.string(),
  proxy: z.string(),
  control: z.string(),
  metrics: z.string(),
  key: z.string(),
});
export type Running = z.output<typeof running>;

const pathIn = (folder: string): string => join(folder, 'running.json');

export const writeRunning = (folder: string, instance: Running): void =>
  writePrivateFile(pathIn(folder), `${JSON.stringify(instance)}\n`);

export const removeRunning = (folder: string): void => rmSync(pathIn(folder), { force: true });

/** @returns null where nothing runs there, or the file is not ours to read. */
export function readRunning(folder: string): Running | null {
  try {
    return running.parse(JSON.parse(readFileSync(pathIn(folder), 'utf8')));
  } catch {
    // Not there, not readable, half a file of an older version: the same to the caller, who then says where to look.
    return null;
  }
}
