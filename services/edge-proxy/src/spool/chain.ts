/**
 * The records of one producer on disk: an append-only row of segments. One writer, one reader; what the worker has stored is
 * thrown away by whole segments. A failed write leaves nothing behind: the next one begins where the last whole one ended.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setState, syncFolder } from './chain-state.ts';
import { type Entry, encodeHeader, encodeRecords, scanRecords } from './record-format.ts';
import { type ChainName, type Recovered, recoverChain, segmentName } from './recover.ts';
import { type OpenFile, readRange, type Segment, type SpoolFile, writeAll } from './segment.ts';

/** `always`: on disk before it is sent · `interval`: when the owner says `sync` · `never`: when the system likes. */
export type FsyncPolicy = 'always' | 'interval' | 'never';

export interface ChainOptions extends ChainName {
  readonly folder: string;
  readonly openFile: OpenFile;
  readonly fsync: FsyncPolicy;
  /** Of the whole chain, now. */
  readonly bytesMax: () => number;
  readonly segmentBytes: number;
  /** Of a page on disk something could not be read: what it held is lost. */
  readonly damaged: (from: number, to: number) => void;
}

const PROBE = Buffer.alloc(65_536);

/** The part of a segment that is being read. */
interface Page {
  readonly segment: Segment;
  readonly entries: readonly Entry[];
  /** Of `entries`, the next one. */
  at: number;
  /** The number behind which that one is the next. */
  position: number;
  /** In the segment, behind the last of `entries`. */
  readonly end: number;
}

export class Chain {
  readonly #options: ChainOptions;
  readonly #segments: Segment[];
  #file: SpoolFile | null = null;
  #lastSeq: number;
  #dirty = false;
  #page: Page | null = null;
  /** Writes, trims and closes, one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: ChainOptions, { segments, lastSeq }: Pick<Recovered, 'segments' | 'lastSeq'>) {
    this.#options = options;
    this.#segments = segments;
    this.#lastSeq = lastSeq;
  }

  /** @throws the disk's error. */
  static async create(options: ChainOptions): Promise<Chain> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const chain = new Chain(options, { segments: [], lastSeq: 0 });
    await chain.#begin(1);
    return chain;
  }

  /** @throws the disk's error. */
  static async open(options: ChainOptions): Promise<{ readonly chain: Chain; readonly recovered: Recovered }> {
    const recovered = await recoverChain(options.folder, options, options.openFile);
    return { chain: new Chain(options, recovered), recovered };
  }

  get producer(): string {
    return this.#options.producer;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Of the last record that was ever in it; 0: none was. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** What was thrown away: up to this number the worker had all. */
  get keptBehind(): number {
    return (this.#segments[0]?.firstSeq ?? this.#lastSeq + 1) - 1;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** All of them or none. @throws the disk's error, or one of code ENOSPC where the chain has its size. */
  append(entries: readonly Entry[]): Promise<void> {
    return this.#inTurn(async () => {
      const { salt, segmentBytes, fsync } = this.#options;
      const [first] = entries;
      if (first === undefined) return;
      const bytes = encodeRecords(entries, salt);
      this.#checkSize(bytes.length);
      const last = this.#segments.at(-1);
      if (last === undefined || (last.size > last.start && last.size + bytes.length > segmentBytes)) {
        await this.#begin(first.seq);
      }
      const { file, segment } = await this.#active();
      await this.#write(file, bytes, segment.size);
      if (fsync === 'always') await file.datasync();
      else this.#dirty = true;
      segment.size += bytes.length;
      segment.lastSeq = this.#lastSeq = entries.at(-1)?.seq ?? first.seq;
    });
  }

  /** Whether there is room again, without writing anything. @throws as append. */
  probe(): Promise<void> {
    return this.#inTurn(async () => {
      this.#checkSize(PROBE.length);
      const { file, segment } = await this.#active();
      await this.#write(file, PROBE, segment.size);
      await file.truncate(segment.size);
    });
  }

  sync(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#dirty || this.#file === null || this.#options.fsync === 'never') return;
      this.#dirty = false;
      await this.#file.datasync();
    });
  }

  /** The next records behind number `after`, in order. Empty: there are none. @throws the disk's error. */
  async read(after: number, max: number, bytesMax: number): Promise<Entry[]> {
    const page = await this.#pageBehind(after);
    if (page === null) return [];
    const taken: Entry[] = [];
    let bytes = 0;
    for (let entry = page.entries[page.at]; entry !== undefined; entry = page.entries[page.at]) {
      bytes += entry.leaf.length;
      if (taken.length > 0 && (taken.length >= max || bytes > bytesMax)) break;
      taken.push(entry);
      page.at++;
      page.position = entry.seq;
    }
    return taken;
  }

  /** Throws away segments that hold nothing behind number `through`. */
  trim(through: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#drop(through);
      const last = this.#segments.at(-1);
      // The last one says which number comes next: it goes when another can say it.
      if (last === undefined || last.lastSeq > through || last.size * 8 <= this.#options.segmentBytes) return;
      await this.#begin(this.#lastSeq + 1);
      await this.#drop(through);
    });
  }

  /** From now on numbers may be used that are not on disk. */
  goBeyond(): Promise<void> {
    return this.#inTurn(() => setState(this.folder, 'beyond'));
  }

  /** @param clean every number that was ever used is on disk. */
  close(clean: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const { fsync, folder } = this.#options;
      if (this.#file !== null) {
        if (fsync !== 'never') await this.#file.datasync();
        await this.#file.close();
        this.#file = null;
      }
      if (clean) await setState(folder, 'clean');
    });
  }

  async destroy(): Promise<void> {
    await this.close(false);
    this.#segments.length = 0;
    await rm(this.folder, { recursive: true, force: true });
  }

  #checkSize(more: number): void {
    const { bytesMax } = this.#options;
    if (this.bytes + more <= bytesMax()) return;
    throw Object.assign(new Error('the spool has its size'), { code: 'ENOSPC' });
  }

  async #drop(through: number): Promise<void> {
    while (this.#segments.length > 1 && (this.#segments[0] as Segment).lastSeq <= through) {
      const [gone] = this.#segments.splice(0, 1);
      await rm((gone as Segment).path, { force: true });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #begin(firstSeq: number): Promise<void> {
    const { folder, openFile, fsync } = this.#options;
    const header = encodeHeader({ ...this.#options, firstSeq });
    const path = join(folder, segmentName(firstSeq));
    const file = await openFile(path, 'w+');
    try {
      await writeAll(file, header, 0);
      if (fsync !== 'never') {
        await file.datasync();
        await this.#file?.datasync();
        await syncFolder(folder);
      }
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#dirty = false;
    const known = this.#segments.at(-1);
    // Begun anew in place: it held nothing.
    if (known?.path === path) this.#segments.pop();
    this.#segments.push({ path, firstSeq, lastSeq: firstSeq - 1, start: header.length, size: header.length });
  }

  async #active(): Promise<{ file: SpoolFile; segment: Segment }> {
    if (this.#segments.length === 0) await this.#begin(this.#lastSeq + 1);
    const segment = this.#segments.at(-1) as Segment;
    this.#file ??= await this.#options.openFile(segment.path, 'r+');
    return { file: this.#file, segment };
  }

  async #write(file: SpoolFile, bytes: Uint8Array, position: number): Promise<void> {
    try {
      await writeAll(file, bytes, position);
    } catch (error) {
      // Half a record at the end is cut at the next start as well; here it is only room given back.
      await file.truncate(position).catch(() => undefined);
      throw error;
    }
  }

  async #pageBehind(after: number): Promise<Page | null> {
    const page = this.#page;
    if (page !== null && page.position === after) {
      if (page.at < page.entries.length) return page;
      if (page.segment.size > page.end) {
        const more = await this.#load(page.segment, page.end, after);
        if (more !== null) return more;
      }
    }
    for (const segment of [...this.#segments]) {
      if (segment.lastSeq <= after) continue;
      const loaded = await this.#load(segment, segment.start, after);
      if (loaded !== null) return loaded;
    }
    this.#page = null;
    return null;
  }

  async #load(segment: Segment, from: number, after: number): Promise<Page | null> {
    const { size, lastSeq } = segment;
    const { salt, openFile, damaged } = this.#options;
    let file: SpoolFile;
    try {
      file = await openFile(segment.path, 'r');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      await this.#lose(segment, after);
      return null;
    }
    try {
      const { entries, damage } = scanRecords(await readRange(file, from, size), 0, salt, 0);
      for (const { before, behind } of damage) damaged(before + 1, behind - 1);
      const last = entries.at(-1)?.seq ?? after;
      if (last < lastSeq) damaged(last + 1, lastSeq);
      const wanted = entries.findIndex(({ seq }) => seq > after);
      if (wanted < 0) return null;
      this.#page = { segment, entries, at: wanted, position: after, end: size };
      return this.#page;
    } finally {
      await file.close();
    }
  }

  /** Its file is not there: trimmed since, or somebody removed it. Then what comes next begins a file that is. */
  #lose(segment: Segment, after: number): Promise<void> {
    return this.#inTurn(async () => {
      const at = this.#segments.indexOf(segment);
      if (at < 0) return;
      this.#options.damaged(Math.max(segment.firstSeq, after + 1), segment.lastSeq);
      if (segment === this.#segments.at(-1)) {
        await this.#file?.close();
        this.#file = null;
        await mkdir(this.folder, { recursive: true, mode: 0o700 });
        await this.#begin(this.#lastSeq + 1);
      }
      this.#segments.splice(at, 1);
    });
  }
}
