/** One file of a chain: written at its end, read from its beginning, thrown away whole. */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** What a segment needs of a file. Tests give one whose disk is full. */
export type SpoolFile = Pick<FileHandle, 'write' | 'read' | 'truncate' | 'datasync' | 'close'>;
export type OpenFile = (path: string, flags: 'r' | 'r+' | 'w+') => Promise<SpoolFile>;

export const openFile: OpenFile = (path, flags) => open(path, flags, 0o600);

export interface Segment {
  readonly path: string;
  /** No record has a smaller number. */
  readonly firstSeq: number;
  /** Of its last record; below firstSeq where it has none. */
  lastSeq: number;
  /** Where its records begin. */
  readonly start: number;
  /** Whole bytes; the file may be longer after a write that failed. */
  size: number;
}

/** All of `bytes`, at `position`. @throws the disk's error; how much was written is unknown then. */
export async function writeAll(file: SpoolFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Bytes `from` to `to`, or as many as there are. */
export async function readRange(file: SpoolFile, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
