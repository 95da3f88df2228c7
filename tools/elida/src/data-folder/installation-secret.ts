/** The installation secret: `ELIDA_SECRET`, else the file `secret` of the data folder, made on the first start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newSecret } from '@elida/kernel';
import { CommandError, EXIT } from '../exit-code.ts';
import { writePrivateFile } from './private-file.ts';

const LENGTH_MIN = 32;

/** @throws CommandError where what is there is no secret: a new one would orphan every key and session id. */
export function installationSecret(folder: string, fromEnvironment: string | undefined): string {
  if (fromEnvironment) {
    if (fromEnvironment.length < LENGTH_MIN) {
      throw new CommandError(`ELIDA_SECRET must be at least ${LENGTH_MIN} characters long`, EXIT.usage);
    }
    return fromEnvironment;
  }
  const path = join(folder, 'secret');
  const known = readIfThere(path)?.trim();
  if (known === undefined) {
    const secret = newSecret();
    writePrivateFile(path, `${secret}\n`);
    return secret;
  }
  if (known.length < LENGTH_MIN) {
    throw new CommandError(`${path} is damaged: restore it, or remove it to begin anew (session ids and keys change)`);
  }
  return known;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CommandError(`${path} cannot be read`, EXIT.failed, { cause: error });
  }
}
