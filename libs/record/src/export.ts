/**
 * One log as a file: JSON lines in the order of the log, so that a reader needs to keep nothing. `docs/audit-log.md` is
 * the format's document; who verifies an export reads that and shares no code with this.
 */
import type { Range } from './merkle/range.ts';

const EXPORT_FORMAT = 1;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const line = (value: object): string => `${JSON.stringify(value)}\n`;

export interface ExportHead {
  readonly origin: string;
  readonly tenant: string;
  /** As `verifierKey` gives it. */
  readonly key: string;
  /** Leaves of the log as exported. */
  readonly size: number;
  /** Leaves that were asked for; the others are stood for by hashes. */
  readonly range: Range;
  /** Unix ms. */
  readonly at: number;
}

export const headLine = ({ origin, tenant, key, size, range, at }: ExportHead): string =>
  line({
    kind: 'log',
    format: EXPORT_FORMAT,
    origin,
    tenant,
    key,
    size,
    from: range.from,
    to: range.to,
    exported_at: new Date(at).toISOString(),
  });

export interface ExportLeaf {
  readonly index: number;
  /** As the tree has it, not computed from the bytes: so each leaf that was changed can be named. */
  readonly hash: Uint8Array;
  /** Null where it is not there. */
  readonly leaf: Uint8Array | null;
  readonly disclosures: readonly string[];
}

export const leafLine = ({ index, hash, leaf, disclosures }: ExportLeaf): string =>
  line({
    kind: 'leaf',
    index,
    hash: base64(hash),
    ...(leaf && { leaf: base64(leaf) }),
    ...(disclosures.length > 0 && { disclosures }),
  });

/** Leaves that are not given. @param hashes as `planRange` finds them. */
export const rangeLine = ({ from, to }: Range, hashes: readonly Uint8Array[]): string =>
  line({ kind: 'range', from, to, hashes: hashes.map(base64) });

/** Behind the leaf that is its last. */
export const checkpointLine = (note: string): string => line({ kind: 'checkpoint', note });
/** Before the first leaf that it names. */
export const retentionLine = (note: string): string => line({ kind: 'retention', note });
/** A line of the file outside of the database: each can be read on its own. */
export const anchorLine = (key: string, note: string): string => line({ key, note });
