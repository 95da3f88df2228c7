/** Who signs the logs of an installation: one Ed25519 key, a name for each tenant's log. */
import { createHmac } from 'node:crypto';
import { ed25519Signer, type NoteSigner } from './note.ts';

export type SignerOf = (tenant: string) => NoteSigner;

export interface LogKeys {
  /** Of the installation's purpose `session-id`, the one that is never rotated: a log keeps its name. */
  readonly name: Uint8Array;
  /** Of its purpose `audit-log`, 32 bytes. */
  readonly seed: Uint8Array;
}

/** The signer's name is the origin of the tenant's log. */
export function logSigners({ name, seed }: LogKeys): SignerOf {
  const installation = createHmac('sha256', name).update('audit-log-origin').digest('hex').slice(0, 16);
  const known = new Map<string, NoteSigner>();
  return (tenant) => {
    const signer = known.get(tenant) ?? ed25519Signer(`elida/${installation}/${encodeURIComponent(tenant)}`, seed);
    known.set(tenant, signer);
    return signer;
  };
}
