/**
 * The spool of one edge process: a folder with one folder a chain. A process holds those that no other one holds: the first
 * whose numbers may go on is its own, the others are what processes before it left, and are sent and thrown away.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type FileLock, type Log, takeFileLock } from '@elida/kernel';
import type { AuditQueue } from '../ports.ts';
import { Chain, type ChainOptions, type FsyncPolicy } from './chain.ts';
import { numbersGoOn, setState } from './chain-state.ts';
import type { LostRange, Outbox } from './outbox.ts';
import type { Entry } from './record-format.ts';
import type { ChainName } from './recover.ts';
import { type OpenFile, openFile } from './segment.ts';
import { SpoolOutbox } from './spool-outbox.ts';

export interface SpoolOptions {
  readonly folder: string;
  readonly fsync: FsyncPolicy;
  /** Of all chains. */
  readonly bytesMax: number;
  readonly segmentBytes?: number;
  /** Records that may wait in memory. */
  readonly max: number;
  /** Of a chain that begins. */
  readonly producer: string;
  /** 32 random bits. */
  readonly salt: number;
  readonly audit: AuditQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly atRisk: (count: number) => void;
  readonly openFile?: OpenFile;
}

interface Held {
  readonly chain: Chain;
  readonly lock: FileLock & { held: true };
}

/** What an opening comes upon. */
interface Found {
  readonly lost: LostRange[];
  readonly left: Held[];
}

/** Of a process before this one: sent, then thrown away. */
interface Left {
  readonly outbox: SpoolOutbox;
  readonly held: Held;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const NAME = /^(.+)\.([0-9a-f]{8})$/;

/** A file name may have 255 bytes. */
const chainFolder = ({ producer, salt }: ChainName): string =>
  `${encodeURIComponent(producer)}.${salt.toString(16).padStart(8, '0')}`;

function chainNameOf(folder: string): ChainName | null {
  const match = NAME.exec(folder);
  return match && { producer: decodeURIComponent(match[1] ?? ''), salt: Number.parseInt(match[2] ?? '', 16) };
}

export class Spool implements Outbox {
  readonly #own: SpoolOutbox;
  readonly #lock: Held['lock'];
  readonly #left: Left[];
  /** Not told yet. */
  readonly #lost: LostRange[];

  private constructor(own: SpoolOutbox, lock: Held['lock'], left: Left[], lost: LostRange[]) {
    this.#own = own;
    this.#lock = lock;
    this.#left = left;
    this.#lost = lost;
  }

  /** @throws the disk's error where nothing can be kept in the folder. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const found: Found = { lost: [], left: [] };
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    let own: Held | null = null;
    for (const name of (await readdir(options.folder)).sort()) {
      const held = await hold(options, name, found);
      if (held === null) continue;
      if (own === null && (await numbersGoOn(held.chain.folder))) own = held;
      else found.left.push(held);
    }
    own ??= await begin(options, found);
    await setState(own.chain.folder, options.fsync === 'always' ? 'synced' : 'open');
    const outboxOf = (chain: Chain): SpoolOutbox => new SpoolOutbox({ ...options, chain });
    return new Spool(
      outboxOf(own.chain),
      own.lock,
      found.left.map((held) => ({ outbox: outboxOf(held.chain), held })),
      found.lost,
    );
  }

  get producer(): string {
    return this.#own.producer;
  }

  get firstSeq(): number {
    return this.#own.firstSeq;
  }

  get held(): number {
    return this.#own.held;
  }

  get takes(): boolean {
    return this.#own.takes;
  }

  get room(): number {
    return this.#own.room;
  }

  get bytes(): number {
    return this.#left.reduce((sum, { outbox }) => sum + outbox.bytes, this.#own.bytes);
  }

  takeLost(): LostRange[] {
    return this.#lost.splice(0);
  }

  push(entry: Entry): void {
    this.#own.push(entry);
  }

  async flush(): Promise<void> {
    await Promise.all([this.#own.flush(), ...this.#left.map(({ outbox }) => outbox.flush())]);
    for (const done of this.#left.filter(({ outbox }) => outbox.isDone)) {
      this.#left.splice(this.#left.indexOf(done), 1);
      await done.held.chain.destroy();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#own.close(), ...this.#left.map(({ outbox }) => outbox.close())]);
    this.#lock.release();
    for (const { held } of this.#left) held.lock.release();
  }
}

const optionsOf = (options: SpoolOptions, name: ChainName, { lost, left }: Found): ChainOptions => ({
  ...name,
  folder: join(options.folder, chainFolder(name)),
  openFile: options.openFile ?? openFile,
  fsync: options.fsync,
  // What others left goes first, and then makes room.
  bytesMax: () => options.bytesMax - left.reduce((sum, { chain }) => sum + chain.bytes, 0),
  segmentBytes: options.segmentBytes ?? Math.min(SEGMENT_BYTES, Math.ceil(options.bytesMax / 8)),
  damaged: (from, to) => {
    options.log.error('spool_damaged', { producer: name.producer, from, to });
    lost.push({ producer: name.producer, from, to });
  },
});

async function hold(options: SpoolOptions, folder: string, found: Found): Promise<Held | null> {
  const name = chainNameOf(folder);
  if (name === null) return null;
  const { log } = options;
  const { producer } = name;
  const lock = takeFileLock(join(options.folder, folder, 'lock'));
  if (!lock.held) {
    log.info('spool_of_another', { producer, pid: lock.pid });
    return null;
  }
  try {
    const { chain, recovered } = await Chain.open(optionsOf(options, name, found));
    for (const { from, to } of recovered.holes) {
      log.error('spool_damaged', { producer, from, to });
      found.lost.push({ producer, from, to });
    }
    log.info('spool_found', { producer, through: chain.lastSeq, bytes: chain.bytes, cut: recovered.cut });
    return { chain, lock };
  } catch (error) {
    // It stays where it is, for another start: what is in it is not lost.
    log.error('spool_unreadable', { producer, error });
    lock.release();
    return null;
  }
}

async function begin(options: SpoolOptions, found: Found): Promise<Held> {
  const name = { producer: options.producer, salt: options.salt };
  const folder = join(options.folder, chainFolder(name));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = takeFileLock(join(folder, 'lock'));
  if (!lock.held) throw new Error(`the spool ${folder} is in use by process ${lock.pid}`);
  try {
    return { chain: await Chain.create(optionsOf(options, name, found)), lock };
  } catch (error) {
    lock.release();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
