import { describe, expect, it } from 'vitest';
import { checkpointText, retentionText } from './checkpoint.ts';
import { ed25519Signer, signNote, verifierKey } from './note.ts';

describe('a signed note', () => {
  // The key and note that the format's implementations share: their private form is 0x01 and the seed, in base64.
  const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
  const signer = ed25519Signer('PeterNeumann', seed);

  it('has the published key id, public key and signature, to the letter', () => {
    expect(verifierKey(signer)).toBe('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    expect(signNote(text, [signer])).toBe(
      `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
    );
  });
});

it('a checkpoint has origin, size and root on its first lines, and its time behind them', () => {
  expect(checkpointText({ origin: 'elida.example/default', size: 42, root: new Uint8Array(32), at: 0 })).toBe(
    `elida.example/default\n42\n${'A'.repeat(43)}=\ntime 1970-01-01T00:00:00.000Z\n`,
  );
});

it('a retention statement names what it took, and cannot be read as a checkpoint', () => {
  const removed = [
    { from: 0, to: 120 },
    { from: 130, to: 131 },
  ];
  expect(retentionText({ origin: 'elida.example/default', removed, at: 0 })).toBe(
    'elida retention v1\nelida.example/default\ntime 1970-01-01T00:00:00.000Z\n0 120\n130 131\n',
  );
});
