/** Replies that a provider codes although it was asked not to (RFC 9110 §8.4). */
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';

interface Coding {
  readonly open: () => Transform;
  readonly whole: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer;
}

const CODINGS: Readonly<Record<string, Coding>> = {
  gzip: { open: createGunzip, whole: gunzipSync },
  'x-gzip': { open: createGunzip, whole: gunzipSync },
  deflate: { open: createInflate, whole: inflateSync },
  br: { open: createBrotliDecompress, whole: brotliDecompressSync },
  zstd: { open: createZstdDecompress, whole: zstdDecompressSync },
};

/** @returns null where there are several of them, or one that we do not know. */
export const codingOf = (value: string): Coding | null => {
  const name = value.trim().toLowerCase();
  return Object.hasOwn(CODINGS, name) ? (CODINGS[name] ?? null) : null;
};

/** @returns null where it is broken, or longer than `bytesMax`. */
export function decodedWhole(coding: Coding, bytes: Uint8Array, bytesMax: number): Uint8Array | null {
  try {
    return coding.whole(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    // zlib's own codes are Z_…, and that of the limit is ERR_BUFFER_TOO_LARGE.
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

export interface DecodedEvents {
  onDecoded(bytes: Buffer): void;
  onDecodedEnd(): void;
  onBroken(error: Error): void;
  /** There is room again for what `write` was refused. */
  onRoom(): void;
}

/** Decodes what streams, with back-pressure both ways. */
export class Decoder {
  readonly #decode: Transform;

  constructor(coding: Coding, events: DecodedEvents) {
    this.#decode = coding.open();
    this.#decode
      .on('data', (bytes: Buffer) => events.onDecoded(bytes))
      .on('end', () => events.onDecodedEnd())
      .on('error', (error) => events.onBroken(error))
      .on('drain', () => events.onRoom());
  }

  /** @returns false where it is slower than what comes. */
  write(bytes: Buffer): boolean {
    return this.#decode.write(bytes);
  }

  end(): void {
    this.#decode.end();
  }

  pause(): void {
    this.#decode.pause();
  }

  resume(): void {
    this.#decode.resume();
  }

  close(): void {
    this.#decode.destroy();
  }
}
