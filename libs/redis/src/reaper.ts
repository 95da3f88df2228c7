/**
 * Ends of sessions, exactly once over any number of processes: who leases a due entry asks the session's own script,
 * which decides; the record comes again, under another lease, until it is forgotten.
 */
import type { SessionRecord } from '@elida/contracts';
import type { Context } from './context.ts';
import { dueKey, endedKey, SHARD_LIST, sessionKey, shardOf, sidOf } from './keys.ts';
import type { Step } from './script.ts';
import { decodeSession } from './session-codec.ts';
import type { SessionIndex } from './session-index.ts';

interface Due {
  readonly indexed: string;
  readonly shard: number;
  /** As the server spells it: compared by equality. */
  readonly score: string;
}

/** Reply of CLAIM: ms until the session is due again, ended hashes as JSON. */
type Claimed = readonly [number, readonly string[]];

const pairs = (reply: unknown, shard: number): Due[] => {
  const flat = reply as readonly string[];
  const found: Due[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    found.push({ indexed: flat[i] as string, shard, score: flat[i + 1] as string });
  }
  return found;
};

export class Reaper {
  readonly #context: Context;
  readonly #index: SessionIndex;

  constructor(context: Context, index: SessionIndex) {
    this.#context = context;
    this.#index = index;
  }

  async claimDue(limit: number, leaseMs: number): Promise<readonly SessionRecord[]> {
    const records: SessionRecord[] = [];
    // Entries that were only due to be looked at are moved on, and do not count.
    for (let sessions = 0; sessions < limit; ) {
      const leased = await this.#lease(await this.#peek(limit - sessions), leaseMs);
      if (leased.length === 0) break;
      for (const ended of await this.#claim(leased, leaseMs)) {
        if (ended.length > 0) sessions++;
        records.push(...ended);
      }
    }
    return records;
  }

  async forget(sid: string, incarnation: number): Promise<void> {
    const record = await this.#tenantOf(sid);
    if (record === null) return;
    const shard = shardOf(sid);
    const indexed = `${record}/${sid}`;
    const { forget } = this.#context.scripts.session;
    const [seen, reply] = await this.#context.all(
      { command: 'zscore', args: [dueKey(shard), indexed] },
      this.#context.call(forget, [sessionKey(sid), endedKey(sid)], incarnation),
    );
    const [wait] = reply as readonly [number, string];
    await this.#context.one(this.#index.move(indexed, shard, (seen as string | null) ?? '', wait));
  }

  async #tenantOf(sid: string): Promise<string | null> {
    return (await this.#context.one({ command: 'hget', args: [sessionKey(sid), 't'] })) as string | null;
  }

  /** What is due, earliest first, over all shards. */
  async #peek(limit: number): Promise<Due[]> {
    const { peek } = this.#context.scripts.due;
    const replies = await this.#context.all(
      ...SHARD_LIST.map((shard) => this.#context.call(peek, [dueKey(shard)], limit)),
    );
    return replies
      .flatMap((reply, shard) => pairs(reply, shard))
      .sort((a, b) => Number(a.score) - Number(b.score))
      .slice(0, limit);
  }

  async #lease(due: readonly Due[], leaseMs: number): Promise<Due[]> {
    const shards = [...new Set(due.map(({ shard }) => shard))];
    const steps = shards.map((shard): Step => {
      const mine = due.filter((entry) => entry.shard === shard);
      const args = mine.flatMap(({ indexed, score }) => [indexed, score]);
      return this.#context.call(this.#context.scripts.due.lease, [dueKey(shard)], leaseMs, mine.length, ...args);
    });
    const replies = await this.#context.all(...steps);
    return replies.flatMap((reply, i) => pairs(reply, shards[i] as number));
  }

  /** Lets the sessions' own scripts decide: they hold the lease of each end. @returns for each session its ended records. */
  async #claim(leased: readonly Due[], leaseMs: number): Promise<SessionRecord[][]> {
    const { claim } = this.#context.scripts.session;
    const replies = (await this.#context.all(
      ...leased.map(({ indexed }) => {
        const sid = sidOf(indexed);
        return this.#context.call(claim, [sessionKey(sid), endedKey(sid)], leaseMs);
      }),
    )) as readonly Claimed[];
    await this.#context.all(
      ...leased.map(({ indexed, shard, score }, i) => this.#index.move(indexed, shard, score, replies[i]?.[0] ?? 0)),
    );
    return leased.map(({ indexed }, i) => {
      const ended = replies[i]?.[1] ?? [];
      return ended.flatMap((json) => decodeSession(sidOf(indexed), JSON.parse(json) as string[])?.record ?? []);
    });
  }
}
