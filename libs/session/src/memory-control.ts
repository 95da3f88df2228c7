/** What the memory store keeps beside sessions: the wide block table with its epoch, edges, replies. Bounded. */
import type { Block } from '@elida/contracts';
import { type BlockTable, type EdgeHeartbeat, REPLY_TTL_MS } from './store.ts';

/** An edge that has not been heard of for this long is no longer listed. */
export const EDGE_GONE_MS = 60_000;
/** Oldest first out: a Map keeps the order of insertion. */
const REPLIES_MAX = 100_000;

export class MemoryBlocks {
  readonly #blocks = new Map<string, Block>();
  /** 0: nobody has called markReady yet. */
  #epoch = 0;
  #epochBefore = 0;

  get epoch(): number {
    return this.#epoch;
  }

  table(now: number): BlockTable {
    return { epoch: this.#epoch, blocks: [...this.#blocks.values()].filter((block) => stands(block, now)) };
  }

  put(block: Block, now: number): number {
    for (const [id, old] of this.#blocks) if (!stands(old, now)) this.#blocks.delete(id);
    this.#blocks.set(block.id, block);
    return this.#advance();
  }

  remove(id: string): number {
    return this.#blocks.delete(id) ? this.#advance() : this.#epoch;
  }

  /** Rows that came since the wipe stay. */
  restore(table: BlockTable): void {
    for (const block of table.blocks) if (!this.#blocks.has(block.id)) this.#blocks.set(block.id, block);
    this.#epochBefore = Math.max(this.#epochBefore, table.epoch);
    if (this.#epoch > 0) this.#epoch = Math.max(this.#epoch, this.#epochBefore) + 1;
  }

  /** Seconds: larger than any epoch before a wipe, so that every edge sees a change. */
  markReady(now: number): void {
    if (this.#epoch === 0) this.#epoch = Math.max(Math.floor(now / 1_000), this.#epochBefore + 1);
  }

  #advance(): number {
    if (this.#epoch > 0) this.#epoch++;
    return this.#epoch;
  }
}

const stands = ({ untilAt }: Block, now: number): boolean => untilAt === 0 || untilAt > now;

export class MemoryEdges {
  readonly #edges = new Map<string, EdgeHeartbeat & { readonly at: number }>();

  heard(beat: EdgeHeartbeat, now: number): void {
    this.#edges.set(beat.edge, { ...beat, at: now });
  }

  list(now: number): (EdgeHeartbeat & { readonly at: number })[] {
    for (const [edge, { at }] of this.#edges) if (at < now - EDGE_GONE_MS) this.#edges.delete(edge);
    return [...this.#edges.values()];
  }
}

/** Which session gave a reply. */
export class MemoryReplies {
  readonly #replies = new Map<string, { readonly sid: string; readonly until: number }>();

  remember(replyKey: string, sid: string, now: number): void {
    this.#replies.set(replyKey, { sid, until: now + REPLY_TTL_MS });
    for (const [key, { until }] of this.#replies) {
      if (until > now && this.#replies.size <= REPLIES_MAX) break;
      this.#replies.delete(key);
    }
  }

  sessionOf(replyKey: string, now: number): string {
    const reply = this.#replies.get(replyKey);
    return reply && reply.until > now ? reply.sid : '';
  }
}
