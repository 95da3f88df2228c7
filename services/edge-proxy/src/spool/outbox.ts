/** Where numbered records wait on their way to the audit queue: in memory, or in memory and on disk. */
import type { Entry } from './record-format.ts';

/** Numbers that are gone for good, both included. */
export interface LostRange {
  readonly producer: string;
  readonly from: number;
  readonly to: number;
}

/** Of records in memory; captures are long. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;

export interface Outbox {
  readonly producer: string;
  /** The first number that was never used. */
  readonly firstSeq: number;
  /** Records in memory that nothing else holds yet. */
  readonly held: number;
  /** There is memory for another one. */
  readonly takes: boolean;
  /** Records that may still be pushed; 0 also where the disk takes none: what is kept only in memory is no promise. */
  readonly room: number;
  /** On disk. */
  readonly bytes: number;
  /** What the disk was found to have lost since the last call. */
  takeLost(): LostRange[];
  /** Always taken: whoever pushes has looked at `held` or `room`, or has promised to keep it. */
  push(entry: Entry): void;
  /** Sends what waits, as far as the queue takes it. Never rejects. */
  flush(): Promise<void>;
  /** Everything sent or at least on disk. Never rejects. */
  close(): Promise<void>;
}
