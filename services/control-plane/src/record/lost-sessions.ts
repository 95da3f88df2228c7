/**
 * Sessions that a store forgot with all the rest (Redis wiped, a standalone started again): the events still know that they
 * began. Their end is written from what the events say, once, so that each session that began has its record.
 */
import { noTokens, type SessionRecord } from '@elida/contracts';
import { type Clock, isFault, type Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { EventData } from '@elida/record';
import { addUse, blank, countUnder } from '@elida/session';
import { type Kysely, sql } from 'kysely';
import type { SessionDirectory } from '../ports.ts';
import type { Journal } from './journal.ts';
import { pause } from './pause.ts';
import { writeEnd } from './reaper.ts';

const PERIOD_MS = 1_000;
/** What spools and queues still held of them is stored by then. */
const SETTLED_MS = 30_000;
const PAGE = 100;
/** Of one session; what is beyond is not counted. */
const EVENTS_MAX = 20_000;
const DAY_MS = 86_400_000;
/** A life without a limit is looked for so far back. */
const LOOK_BACK_MAX_MS = 30 * DAY_MS;
/** The store begins a session, then the edge tells of it. */
const TOLD_WITHIN_MS = 5_000;

export interface LostParts {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** `session.max_duration`; 0: without a limit. */
  readonly lifeMs: number;
  readonly onEnded: (records: readonly SessionRecord[]) => void;
}

interface Begun {
  readonly session: string;
  readonly incarnation: number;
  readonly tenant: string;
  readonly occurred_at: Date;
  readonly data: EventData['session_started'];
}

export class LostSessions {
  readonly #parts: LostParts;
  /** Unix ms; null: nothing was lost. */
  #wipedAt: number | null = null;

  constructor(parts: LostParts) {
    this.#parts = parts;
  }

  /** The store was found empty. */
  wiped(): void {
    this.#wipedAt = this.#parts.clock.now();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      const wipedAt = this.#wipedAt;
      try {
        if (wipedAt !== null && clock.now() >= wipedAt + SETTLED_MS) {
          const sessions = await this.sweep(wipedAt);
          if (sessions > 0) log.warn('lost_sessions_ended', { sessions });
          if (this.#wipedAt === wipedAt) this.#wipedAt = null;
        }
      } catch (error) {
        // Store or database gone: looked for again, and what was written is there once.
        if (!isFault(error)) log.error('lost_sessions_failed', { error });
      }
      await pause(PERIOD_MS, signal);
    }
  }

  /** @returns how many ends it wrote. @throws Fault store_unavailable, database_unavailable. */
  async sweep(wipedAt: number): Promise<number> {
    let ended = 0;
    let after = '';
    for (;;) {
      const page = await this.#begunBefore(wipedAt, after);
      for (const begun of page) if (await this.#end(begun, wipedAt)) ended++;
      if (page.length < PAGE) return ended;
      after = page.at(-1)?.session ?? '';
    }
  }

  /** The last life of each session, where no end of it is in the books. */
  async #begunBefore(wipedAt: number, after: string): Promise<Begun[]> {
    const { db, lifeMs } = this.#parts;
    const since = new Date(wipedAt - Math.min(lifeMs ? lifeMs + DAY_MS : LOOK_BACK_MAX_MS, LOOK_BACK_MAX_MS));
    const { rows } = await sql<Begun>`
      with begun as (
        select distinct on (session) session, incarnation, tenant, occurred_at, data from events
        where type = 'session_started' and session > ${after}
          and occurred_at >= ${since} and occurred_at < ${new Date(wipedAt)}
        order by session, occurred_at desc)
      select * from begun where not exists (
        select from sessions where sid = begun.session
          and started_at >= begun.occurred_at - ${TOLD_WITHIN_MS} * interval '1 ms')
      order by session limit ${PAGE}`.execute(db);
    return rows;
  }

  async #end(begun: Begun, wipedAt: number): Promise<boolean> {
    const { store, journal, onEnded } = this.#parts;
    // What a kill or hold put back is not lost.
    const known = await store.get(begun.session);
    if (known && known.startedAt > 0 && known.startedAt < wipedAt) return false;
    const record = await this.#recordOf(begun, wipedAt);
    const written = await journal.write((tx, pen) => writeEnd(tx, pen, record));
    if (written) onEnded([written]);
    return written !== null;
  }

  async #recordOf({ session, incarnation, tenant, occurred_at, data }: Begun, wipedAt: number): Promise<SessionRecord> {
    const { principal, agent, parent, hint_kind: hintKind, display_name: displayName } = data;
    const record: SessionRecord = {
      ...blank(session, tenant),
      ...{ incarnation, principal, agent, parent, hintKind, displayName },
      ...{ backend: data.backend, clientAddr: data.client_addr, state: 'timed_out', endReason: 'lost' },
      ...{ startedAt: occurred_at.getTime(), lastAt: occurred_at.getTime() },
    };
    const said = await this.#parts.db
      .selectFrom('events')
      .select(['type', 'data', 'occurred_at'])
      .where('session', '=', session)
      .where('incarnation', '=', incarnation)
      .where('occurred_at', '>=', new Date(occurred_at.getTime() - TOLD_WITHIN_MS))
      .where('occurred_at', '<', new Date(wipedAt))
      .orderBy('id')
      .limit(EVENTS_MAX)
      .execute();
    for (const event of said) {
      count(record, event);
      record.lastAt = Math.max(record.lastAt, event.occurred_at.getTime());
    }
    record.endedAt = record.lastAt;
    return record;
  }
}

/** What an event adds to the record of its session. */
function count(record: SessionRecord, { type, data }: { readonly type: string; readonly data: object }): void {
  const told = data as Partial<EventData['exchange'] & EventData['tokens_used'] & EventData['tool_called']>;
  const { backend = '', model = '' } = told;
  const use = { sid: record.sid, incarnation: record.incarnation, backend, model, bytesIn: 0, bytesOut: 0 };
  switch (type) {
    case 'exchange':
      record.requests++;
      record.bytesIn += told.bytes_in ?? 0;
      record.bytesOut += told.bytes_out ?? 0;
      record.policy = told.policy ?? record.policy;
      countUnder(record.backendsUsed, backend, 1);
      addUse(record, { ...use, requests: 1 });
      return;
    case 'tokens_used':
      addUse(record, { ...use, requests: 0, tokens: tokensOf(told) });
      return;
    case 'tool_called':
      addUse(record, { ...use, model: '', requests: 0, toolCalls: [told.tool_name ?? ''] });
      return;
    case 'violation_detected':
      record.violations++;
      return;
    case 'capture_recorded':
      record.captures++;
      return;
  }
}

function tokensOf(told: Partial<EventData['tokens_used']>): SessionRecord['tokens'] {
  const tokens = {
    ...noTokens(),
    input: told.input_tokens ?? 0,
    cachedInput: told.cached_input_tokens ?? 0,
    cacheWriteInput: told.cache_write_input_tokens ?? 0,
    output: told.output_tokens ?? 0,
    reasoningOutput: told.reasoning_output_tokens ?? 0,
  };
  return told.estimated ? { ...tokens, estimated: tokens.input + tokens.output } : tokens;
}
