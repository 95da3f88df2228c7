/** Reading many sessions: newest first with a cursor, trees, counts. The state of each is what the clock makes of it now. */
import { LIMITS, type SessionRecord, type SessionState } from '@elida/contracts';
import {
  byNewest,
  decodeCursor,
  encodeCursor,
  fits,
  isSpent,
  type ListPosition,
  passTime,
  SESSION_STATE_ZEROS,
  type SessionFilter,
  type SessionPage,
} from '@elida/session';
import type { Context } from './context.ts';
import { kidsKey, liveKey, namesKey, SHARD_LIST, sessionKey, sidOf } from './keys.ts';
import { step } from './script.ts';
import { decodeSession, type Stored } from './session-codec.ts';

/** Records that one call reads at most: a filter that fits few yields short pages, not a long wait. */
const READ_MAX = 5_000;
const CHUNK = 200;

export class Listing {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async get(sid: string): Promise<SessionRecord | null> {
    return (await this.#read([sid]))[0]?.record ?? null;
  }

  async list(filter: SessionFilter, limit: number, cursor: string): Promise<SessionPage> {
    const sessions: SessionRecord[] = [];
    let after = decodeCursor(cursor);
    for (let read = 0; read < READ_MAX; read += CHUNK) {
      const { positions, exhausted } = await this.#positions(after, CHUNK);
      const mine = positions.filter(({ member }) => !filter.tenant || member.startsWith(`${filter.tenant}/`));
      const found = new Map((await this.#read(mine.map((at) => sidOf(at.member)))).map((at) => [at.record.sid, at]));
      for (const position of positions) {
        after = position;
        const stored = found.get(sidOf(position.member));
        if (!stored || stored.recorded || !fits(stored.record, filter)) continue;
        sessions.push(stored.record);
        const last = exhausted && position === positions.at(-1);
        if (sessions.length >= limit) return { sessions, cursor: last ? '' : encodeCursor(position) };
      }
      if (exhausted || !after) return { sessions, cursor: '' };
    }
    return { sessions, cursor: after ? encodeCursor(after) : '' };
  }

  async tree(sid: string): Promise<readonly SessionRecord[]> {
    const found: SessionRecord[] = [];
    const seen = new Set([sid]);
    for (let level = [sid]; level.length > 0 && found.length < LIMITS.pageMax.value; ) {
      const wanted = level.slice(0, LIMITS.pageMax.value);
      for (const { record } of await this.#read(wanted)) found.push(record);
      const kids = await this.#context.all(...wanted.map((id) => step('zrange', kidsKey(id), 0, -1)));
      level = (kids as string[][]).flat().filter((id) => !seen.has(id) && seen.add(id));
    }
    return found.slice(0, LIMITS.pageMax.value);
  }

  async named(displayName: string, tenant: string): Promise<readonly string[]> {
    const sids = (await this.#context.one(step('zrevrange', namesKey(tenant, displayName), 0, -1))) as string[];
    const stored = await this.#read(sids);
    return stored.flatMap(({ record, recorded }) =>
      !recorded && record.displayName === displayName ? [record.sid] : [],
    );
  }

  async counts(tenant: string): Promise<Readonly<Record<SessionState, number>>> {
    const counts: Record<SessionState, number> = { ...SESSION_STATE_ZEROS };
    const members = (
      await this.#context.all(...SHARD_LIST.map((shard) => step('zrange', liveKey(shard), 0, -1)))
    ).flat();
    const sids = (members as string[]).filter((id) => !tenant || id.startsWith(`${tenant}/`)).map(sidOf);
    for (let from = 0; from < sids.length; from += LIMITS.pageMax.value) {
      for (const { record, recorded } of await this.#read(sids.slice(from, from + LIMITS.pageMax.value))) {
        if (!recorded) counts[record.state]++;
      }
    }
    return counts;
  }

  /** The sessions that exist, in the order asked for, as they are now. */
  async #read(sids: readonly string[]): Promise<Stored[]> {
    if (sids.length === 0) return [];
    const [time, ...hashes] = await this.#context.all(
      step('time'),
      ...sids.map((sid) => step('hgetall', sessionKey(sid))),
    );
    const now = this.#context.time(time);
    return hashes.flatMap((reply, i) => {
      const stored = decodeSession(sids[i] as string, Object.entries(reply as Record<string, string>).flat());
      if (!stored) return [];
      passTime(stored, now, this.#context.killWindowMs);
      return isSpent(stored) ? [] : [stored];
    });
  }

  /** Up to `count` places of the listing after `after`, merged over the shards. */
  async #positions(
    after: ListPosition | null,
    count: number,
  ): Promise<{ positions: ListPosition[]; exhausted: boolean }> {
    const from = after?.at ?? '+inf';
    const shards = await Promise.all(SHARD_LIST.map((shard) => this.#after(shard, after, from, count)));
    const merged = shards.flat().sort(byNewest);
    return { positions: merged.slice(0, count), exhausted: merged.length <= count };
  }

  /** One more than `count`, so that the end is seen. Many of the same millisecond are paged through by offset. */
  async #after(
    shard: number,
    after: ListPosition | null,
    from: number | string,
    count: number,
  ): Promise<ListPosition[]> {
    const found: ListPosition[] = [];
    for (let offset = 0; found.length <= count; offset += count + 1) {
      const reply = (await this.#context.one(
        step('zrevrangebyscore', liveKey(shard), from, '-inf', 'WITHSCORES', 'LIMIT', offset, count + 1),
      )) as string[];
      const scored = positionsOf(reply);
      for (const position of scored) if (!after || byNewest(after, position) < 0) found.push(position);
      if (scored.length <= count) break;
    }
    return found;
  }
}

function positionsOf(scored: readonly string[]): ListPosition[] {
  const found: ListPosition[] = [];
  for (let i = 0; i + 1 < scored.length; i += 2) found.push({ member: scored[i] as string, at: Number(scored[i + 1]) });
  return found;
}
