/**
 * One log as a file, as docs/audit-log.md has it: read by its keys, a chunk at a time, at the reader's pace. No
 * transaction stays open: the log only grows, and what retention takes meanwhile is told before it is missed.
 */
import type { Clock } from '@elida/kernel';
import {
  isWaitingUpTo,
  type LoggedLeaf,
  logSize,
  readHeadsWithin,
  readLeaves,
  readRemovals,
  readStrays,
  readWaiting,
  type Window,
} from '@elida/postgres';
import {
  checkpointLine,
  headLine,
  leafHash,
  leafLine,
  planRange,
  type Range,
  rangeLine,
  retentionLine,
  verifierKey,
} from '@elida/record';
import type { Db } from '../ports.ts';
import { pause } from '../record/pause.ts';
import type { LogParts } from './log-states.ts';
import { run, signedSize } from './proofs.ts';
import { clipped } from './ranges.ts';

export interface ExportRequest {
  readonly tenant: string;
  /** Null: all of it. */
  readonly range: Range | null;
  /** Events of this time that have no place in the log are told as well. */
  readonly window: Window;
}

const CHUNK_LEAVES = 256;
const SETTLE_MS = 5_000;
const LOOK_MS = 100;

/** What happened until now gets its place and its checkpoint, where a worker runs; else the export goes on without it. */
export async function settle(db: Db, tenant: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const { lastId } = await readWaiting(db, tenant);
  const giveUp = clock.monotonic() + SETTLE_MS;
  while (clock.monotonic() < giveUp && !signal.aborted && (await isWaitingUpTo(db, tenant, lastId)))
    await pause(LOOK_MS, signal);
}

/** Its first lines are read when it resolves. @throws Fault database_unavailable. */
export async function exportLog(parts: LogParts, request: ExportRequest): Promise<AsyncIterable<string>> {
  const { db } = parts;
  const { tenant } = request;
  const [signed, entries] = [await signedSize(db, tenant), await logSize(db, tenant)];
  return new LogExport(parts, request, signed, Math.max(signed, entries)).lines();
}

class LogExport {
  readonly #parts: LogParts;
  readonly #request: ExportRequest;
  /** Leaves of the last checkpoint. */
  readonly #signed: number;
  /** Leaves that are there; more than were signed where somebody added to the tables. */
  readonly #size: number;
  #lastRemoval = '0';
  #removed: Range[] = [];

  constructor(parts: LogParts, request: ExportRequest, signed: number, size: number) {
    this.#parts = parts;
    this.#request = request;
    this.#signed = signed;
    this.#size = size;
  }

  async *lines(): AsyncGenerator<string> {
    const { signerOf, clock } = this.#parts;
    const { tenant } = this.#request;
    const signer = signerOf(tenant);
    const range = clipped(this.#request.range ?? { from: 0, to: this.#size }, { from: 0, to: this.#size });
    const head = { origin: signer.name, tenant, key: verifierKey(signer), size: this.#signed };
    yield headLine({ ...head, range, at: clock.now() });
    yield await this.#retention();
    yield await this.#skip({ from: 0, to: range.from });
    for (let at = range.from; at < range.to; ) {
      const gone = this.#removed.find(({ from, to }) => from <= at && at < to);
      const next = Math.min(...this.#removed.map(({ from }) => from).filter((from) => from > at), range.to);
      const part = { from: at, to: gone ? Math.min(gone.to, range.to) : Math.min(at + CHUNK_LEAVES, next) };
      yield gone ? await this.#skip(part) : await this.#chunk(part);
      at = part.to;
    }
    yield await this.#skip({ from: range.to, to: this.#signed });
    yield* this.#strays(Math.max(range.to, this.#signed));
  }

  /** Statements that are new. */
  async #retention(): Promise<string> {
    const removals = await readRemovals(this.#parts.db, this.#request.tenant, this.#lastRemoval);
    for (const { id, removed } of removals) {
      this.#lastRemoval = id;
      this.#removed.push(...removed);
    }
    return removals.map(({ note }) => retentionLine(note)).join('');
  }

  /** Leaves that are not given, and the checkpoint at their end. */
  async #skip(range: Range): Promise<string> {
    if (range.from >= range.to) return '';
    return (await this.#hashes(range)) + (await this.#checkpoints({ from: range.to - 1, to: range.to })).text(range.to);
  }

  /** Empty where the tree does not have them any more: then the reader finds them missing. */
  async #hashes(range: Range): Promise<string> {
    const { tenant } = this.#request;
    try {
      return rangeLine(range, await run(this.#parts.db, tenant, planRange(range, this.#size)));
    } catch (error) {
      if (error instanceof RangeError) return '';
      throw error;
    }
  }

  async #checkpoints(range: Range): Promise<{ text(size: number): string }> {
    const heads = await readHeadsWithin(this.#parts.db, this.#request.tenant, range);
    const notes = new Map(heads.map(({ size, note }) => [size, note]));
    return {
      text(size) {
        const note = notes.get(size);
        return note === undefined ? '' : checkpointLine(note);
      },
    };
  }

  async #chunk(range: Range): Promise<string> {
    const { db } = this.#parts;
    const [leaves, checkpoints] = await Promise.all([
      readLeaves(db, this.#request.tenant, range),
      this.#checkpoints(range),
    ]);
    // A day may go while we read: then a statement says so.
    let text = leaves.some(({ leaf }) => leaf === null) ? await this.#retention() : '';
    const known = new Map<number, LoggedLeaf>(leaves.map((leaf) => [leaf.index, leaf]));
    let gone = range.from;
    const flush = async (to: number): Promise<string> => (gone < to ? await this.#hashes({ from: gone, to }) : '');
    for (let index = range.from; index < range.to; index++) {
      const { hash, leaf = null, disclosures = [] } = known.get(index) ?? {};
      if (hash && leaf) {
        text += (await flush(index)) + leafLine({ index, hash, leaf, disclosures });
        gone = index + 1;
      }
      const checkpoint = checkpoints.text(index + 1);
      if (checkpoint === '') continue;
      text += (await flush(index + 1)) + checkpoint;
      gone = index + 1;
    }
    return text + (await flush(range.to));
  }

  /** Behind the end, so that no checkpoint covers them: that is what is wrong with them. */
  async *#strays(from: number): AsyncGenerator<string> {
    const { tenant, window } = this.#request;
    let index = from;
    for (let fromId = '0'; ; ) {
      const strays = await readStrays(this.#parts.db, tenant, window, { fromId, limit: CHUNK_LEAVES });
      for (const { leaf, disclosures } of strays) {
        yield leafLine({ index: index++, hash: leafHash(leaf), leaf, disclosures });
      }
      if (strays.length < CHUNK_LEAVES) return;
      fromId = strays.at(-1)?.id ?? fromId;
    }
  }
}
