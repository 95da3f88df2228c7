/**
 * What a chain's folder says about its numbers, in the name of one empty file: a rename needs no space, so it works on a
 * full disk, and it happens whole or not at all.
 */
import { readFileSync } from 'node:fs';
import { open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `clean`: closed in order · `open`: in use; what is written survives the process, not the machine · `synced`: in use; what was
 * sent is on the disk for good · `beyond`: numbers were sent that are not on the disk.
 */
export type ChainState = 'clean' | 'open' | 'synced' | 'beyond';

const FILE = /^state\.([0-9a-z-]+)\.(clean|open|synced|beyond)$/;

/** Changes when the machine starts anew; 'unknown' where the system does not say. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unknown';
    throw error;
  }
}

/** Whether the numbers on the disk are all that were ever used, so that the next one may follow them. */
export async function numbersGoOn(folder: string): Promise<boolean> {
  const found = (await readdir(folder)).map((name) => FILE.exec(name)).filter((match) => match !== null);
  const [, boot, state] = found[0] ?? [];
  if (found.length !== 1) return false;
  if (state === 'clean' || state === 'synced') return true;
  return state === 'open' && boot === bootId() && boot !== 'unknown';
}

export async function setState(folder: string, state: ChainState): Promise<void> {
  const next = `state.${bootId()}.${state}`;
  const [old, ...more] = (await readdir(folder)).filter((name) => FILE.test(name));
  if (old === undefined) await writeFile(join(folder, next), '', { mode: 0o600 });
  else if (old !== next) await rename(join(folder, old), join(folder, next));
  for (const name of more) if (name !== next) await rm(join(folder, name), { force: true });
  await syncFolder(folder);
}

/** So that the names in it survive the machine. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
