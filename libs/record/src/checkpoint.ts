/** What a log says of itself and signs: its checkpoints, and what retention has taken out of it. */
import type { Range } from './merkle/range.ts';

export interface Checkpoint {
  /** Which log: one for each tenant of an installation. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Unix ms. */
  readonly at: number;
}

/**
 * The text of a checkpoint (C2SP tlog-checkpoint). Its time is an extension line: an export that was made after a
 * checkpoint that it does not know comes from a database that was rolled back, and only a signed time can tell.
 */
export const checkpointText = ({ origin, size, root, at }: Checkpoint): string =>
  `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\ntime ${new Date(at).toISOString()}\n`;

/** What a checkpoint's text says; null where it is none. */
export function readCheckpoint(text: string): Checkpoint | null {
  const [origin = '', size = '', root = '', time = ''] = text.split('\n');
  const bytes = Buffer.from(root, 'base64');
  if (origin === '' || !/^(?:0|[1-9]\d{0,14})$/.test(size) || bytes.length !== 32) return null;
  return { origin, size: Number(size), root: bytes, at: Date.parse(time.replace(/^time /, '')) };
}

export interface Retention {
  readonly origin: string;
  /** Leaves whose bytes were deleted, in order, without overlaps. Their hashes stay. */
  readonly removed: readonly Range[];
  readonly at: number;
}

const RETENTION = 'elida retention v1';

/** The text of a retention statement: what is missing since is meant to be missing. */
export const retentionText = ({ origin, removed, at }: Retention): string =>
  `${RETENTION}\n${origin}\ntime ${new Date(at).toISOString()}\n${removed.map(({ from, to }) => `${from} ${to}\n`).join('')}`;
