/** Health that asks, each time, what it claims. */
import type { HealthView } from '@elida/contracts/api';
import { type Clock, Fault, isFault } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import type { ControlBell, SessionDirectory } from './ports.ts';
import { within } from './record/deadline.ts';

const PATIENCE_MS = 500;
const EDGE_FRESH_MS = 10_000;

type Check = HealthView['checks']['postgres'];

export interface HealthParts {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly bell: ControlBell;
  readonly clock: Clock;
  readonly version: string;
}

export class Health {
  readonly #parts: HealthParts;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  async look(): Promise<HealthView> {
    const { db, store, bell, clock, version } = this.#parts;
    const [postgres, sessions, bus, edges] = await Promise.all([
      this.#check(async () => {
        await sql`select 1`.execute(db);
        return 'answers';
      }),
      this.#check(async () => {
        if (!(await store.isReady())) throw new Fault('store_unavailable', 'not rebuilt yet');
        return 'answers, holds its blocks';
      }),
      this.#check(async () => {
        if (!bell.connected()) throw new Fault('not_ready', 'not connected');
        return 'connected';
      }),
      this.#check(async () => {
        const oldest = clock.now() - EDGE_FRESH_MS;
        const live = (await store.edges()).filter(({ at }) => at >= oldest);
        if (live.length === 0) throw new Fault('not_ready', 'none has been heard of');
        return `${live.length} live: ${live.map(({ edge }) => edge).join(', ')}`;
      }),
    ]);
    const checks = { postgres, store: sessions, bus, edges };
    const isDown = !sessions.ok && !bus.ok;
    const allOk = Object.values(checks).every(({ ok }) => ok);
    return {
      status: isDown ? 'down' : allOk ? 'ok' : 'degraded',
      version,
      time: new Date(clock.now()).toISOString(),
      checks,
    };
  }

  async #check(ask: () => Promise<string>): Promise<Check> {
    const started = this.#parts.clock.monotonic();
    const elapsed = (): number => Math.round((this.#parts.clock.monotonic() - started) * 100) / 100;
    try {
      const detail = await within(PATIENCE_MS, 'not_ready', ask());
      return { ok: true, detail, elapsed_ms: elapsed() };
    } catch (error) {
      return { ok: false, detail: isFault(error) ? error.detail : 'failed', elapsed_ms: elapsed() };
    }
  }
}
