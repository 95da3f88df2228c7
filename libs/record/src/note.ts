/** Signed notes (C2SP signed-note) with Ed25519: text that a key stands for, in a form that people and tools read. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { sha256 } from './merkle/hash.ts';

export interface NoteSigner {
  /** Like a URL without its scheme; neither white space nor `+`. */
  readonly name: string;
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
  /** @returns 64 bytes. */
  sign(text: Uint8Array): Uint8Array;
}

const ED25519 = Uint8Array.of(1);
/** PKCS #8 of an Ed25519 key (RFC 8410) up to the 32 bytes of the seed. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seed 32 secret bytes. */
export function ed25519Signer(name: string, seed: Uint8Array): NoteSigner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name, publicKey: new Uint8Array(publicKey), sign: (text) => new Uint8Array(sign(null, text, key)) };
}

const keyId = ({ name, publicKey }: NoteSigner): Uint8Array =>
  sha256(Buffer.from(`${name}\n`), ED25519, publicKey).subarray(0, 4);

/** The public key as others configure it: `name+id+key`. */
export function verifierKey(signer: NoteSigner): string {
  const id = Buffer.from(keyId(signer)).toString('hex');
  return `${signer.name}+${id}+${Buffer.concat([ED25519, signer.publicKey]).toString('base64')}`;
}

/** @param text ends with a newline, and has no other control characters. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const signatures = signers.map((signer) => {
    const bytes = Buffer.concat([keyId(signer), signer.sign(Buffer.from(text))]);
    return `— ${signer.name} ${bytes.toString('base64')}\n`;
  });
  return `${text}\n${signatures.join('')}`;
}

/**
 * The text of a note that this signer, and nobody else, has signed; null otherwise. Ed25519 signs the same text always
 * the same way (RFC 8032), so it is signed once more.
 */
export function openOwnNote(note: string, signer: NoteSigner): string | null {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  return text !== '' && signNote(text, [signer]) === note ? text : null;
}
