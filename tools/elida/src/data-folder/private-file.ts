/** A file of mode 0600 that is there whole or not at all: written beside, flushed, renamed. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
