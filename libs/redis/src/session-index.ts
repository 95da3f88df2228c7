/** The indexes beside the session's own key: due and live, display names, children. */

import type { Context } from './context.ts';
import { dueKey, kidsKey, liveKey, member, namesKey, shardOf } from './keys.ts';
import { HISTORY_MS } from './lua/session.ts';
import { type Step, step } from './script.ts';

/** A name that many sessions share (a client's kind) keeps its newest. */
const NAMED_MAX = 100;
const KIDS_MAX = 10_000;
const KNOWN_MAX = 50_000;
/** What this process has indexed it indexes again after this long: heals what a crash between two writes left out. */
const KNOWN_MS = 300_000;

export interface Indexed {
  readonly tenant: string;
  readonly sid: string;
  readonly displayName: string;
  readonly parent: string;
  readonly lifeMs: number;
}

export class SessionIndex {
  readonly #context: Context;
  /** sid → when this process indexed it, monotonic ms; oldest first. */
  readonly #known = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  knows(sid: string): boolean {
    const at = this.#known.get(sid);
    return at !== undefined && this.#context.clock.monotonic() - at < KNOWN_MS;
  }

  learn(sid: string): void {
    this.#known.delete(sid);
    this.#known.set(sid, this.#context.clock.monotonic());
    if (this.#known.size <= KNOWN_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }

  /** After a wipe nothing is indexed any more. */
  clear(): void {
    this.#known.clear();
  }

  /**
   * Makes the reaper look in `waitMs` (-1: leave it), and the listing show it.
   * @param ttlMs of the index, at least; -1 where the session stays for good.
   */
  schedule(tenant: string, sid: string, waitMs: number, ttlMs: number, begin = false): Step {
    const shard = shardOf(sid);
    return this.#context.call(
      this.#context.scripts.due.index,
      [dueKey(shard), liveKey(shard)],
      ...[member(tenant, sid), waitMs, ttlMs, begin ? 'begin' : ''],
    );
  }

  /** Undoes `schedule` (or moves it), unless somebody has scheduled it since its score was `seen`. */
  move(indexed: string, shard: number, seen: string, waitMs: number): Step {
    return this.#context.call(
      this.#context.scripts.due.move,
      [dueKey(shard), liveKey(shard)],
      ...[indexed, seen, waitMs],
    );
  }

  /** What the first request of a session that this process has not seen adds to its pipeline. */
  first(session: Indexed, waitMs: number, now: number): Step[] {
    const { tenant, sid, displayName, parent, lifeMs } = session;
    const ttl = lifeMs + HISTORY_MS;
    const steps = [this.schedule(tenant, sid, waitMs, ttl)];
    if (displayName) steps.push(...capped(namesKey(tenant, displayName), sid, now, NAMED_MAX, HISTORY_MS));
    if (parent) steps.push(...capped(kidsKey(parent), sid, now, KIDS_MAX, ttl));
    return steps;
  }
}

const capped = (key: string, sid: string, now: number, max: number, ttlMs: number): Step[] => [
  step('zadd', key, now, sid),
  step('zremrangebyrank', key, 0, -1 - max),
  step('pexpire', key, ttlMs),
];
