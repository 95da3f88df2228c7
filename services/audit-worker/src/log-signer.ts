/** Who signs the logs of an installation: one Ed25519 key by HKDF from its secret, a name for each tenant's log. */
import { type Installation, mac } from '@elida/kernel';
import { ed25519Signer, type NoteSigner } from '@elida/record';

export type SignerOf = (tenant: string) => NoteSigner;

/** The origin stays when the secret is rotated: it is derived from the key that never is. */
export function logSigners(installation: Installation): SignerOf {
  const name = mac(installation.key('session-id'), 'audit-log-origin').subarray(0, 8).toString('hex');
  const seed = installation.key('audit-log');
  const known = new Map<string, NoteSigner>();
  return (tenant) => {
    const signer = known.get(tenant) ?? ed25519Signer(`elida/${name}/${encodeURIComponent(tenant)}`, seed);
    known.set(tenant, signer);
    return signer;
  };
}
