/** What a crash left of a chain: whole records stay, a torn end is cut, what is broken in between is taken out and told. */
import { readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeHeader, encodeHeader, encodeRecords, recordBytes, scanRecords } from './record-format.ts';
import { type OpenFile, type Segment, writeAll } from './segment.ts';

const SEGMENT = /^(\d{16})\.spool$/;
export const segmentName = (firstSeq: number): string => `${String(firstSeq).padStart(16, '0')}.spool`;

/** Numbers of which the disk kept nothing, both included. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

export interface Recovered {
  readonly segments: Segment[];
  /** No record has a greater number. */
  readonly lastSeq: number;
  /** Bytes of a torn end. */
  readonly cut: number;
  /** Not a crash, a disk: whole records lie behind. */
  readonly holes: readonly Hole[];
}

export interface ChainName {
  readonly producer: string;
  readonly salt: number;
}

/** @throws the disk's error. */
export async function recoverChain(folder: string, chain: ChainName, openFile: OpenFile): Promise<Recovered> {
  const names = (await readdir(folder)).filter((name) => SEGMENT.test(name)).sort();
  const segments: Segment[] = [];
  const holes: Hole[] = [];
  let cut = 0;
  let last = 0;
  /** The end of the segment before was broken off. */
  let torn = false;
  for (const name of names) {
    const path = join(folder, name);
    const firstSeq = Number(SEGMENT.exec(name)?.[1]);
    const bytes = await readFile(path);
    const header = encodeHeader({ ...chain, firstSeq });
    const isWhole = decodeHeader(bytes) !== null;
    const { entries, end, damage } = scanRecords(bytes, Math.min(header.length, bytes.length), chain.salt, last);
    if (torn && firstSeq > last + 1) holes.push({ from: last + 1, to: firstSeq - 1 });
    for (const { before, behind } of damage) {
      const from = Math.max(before, firstSeq - 1) + 1;
      if (behind > from) holes.push({ from, to: behind - 1 });
    }
    torn = end < bytes.length;
    cut = bytes.length - Math.max(end, Math.min(header.length, bytes.length));
    if (!isWhole || damage.length > 0) await rewrite(path, header, encodeRecords(entries, chain.salt), openFile);
    else if (torn) await truncate(path, end);
    last = entries.at(-1)?.seq ?? Math.max(last, firstSeq - 1);
    const size = header.length + entries.reduce((sum, entry) => sum + recordBytes(entry), 0);
    segments.push({ path, firstSeq, lastSeq: last, start: header.length, size });
  }
  // Of a segment that holds nothing only the last is of use: it says which number comes next.
  const kept: Segment[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment.size > segment.start || index === segments.length - 1) kept.push(segment);
    else await rm(segment.path);
  }
  return { segments: kept, lastSeq: last, cut, holes };
}

async function rewrite(path: string, header: Buffer, records: Buffer, openFile: OpenFile): Promise<void> {
  const draft = `${path}.new`;
  const file = await openFile(draft, 'w+');
  try {
    await writeAll(file, Buffer.concat([header, records]), 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
