/** What the memory store keeps beyond incarnations: principals' risk, and what session ids have seen. Bounded, oldest first out. */
import type { RiskState } from '@elida/contracts';
import { addRisk, forgettableAt, NO_RISK } from './risk-score.ts';
import { nothingSeen, type Seen } from './seen.ts';
import type { FlagRequest } from './store.ts';

const PRINCIPALS_MAX = 100_000;
const SEEN_MAX = 50_000;

export class MemoryPrincipals {
  readonly #risks = new Map<string, { readonly state: RiskState; readonly until: number }>();

  at(tenant: string, principal: string, now: number): RiskState {
    const risk = this.#risks.get(`${tenant}/${principal}`);
    return risk && risk.until > now ? risk.state : NO_RISK;
  }

  add({ tenant, principal, halfLifeMs }: FlagRequest, points: number, now: number): void {
    const state = addRisk(this.at(tenant, principal, now), points, now, halfLifeMs);
    touch(this.#risks, `${tenant}/${principal}`, { state, until: forgettableAt(state, halfLifeMs) }, PRINCIPALS_MAX);
  }
}

export class MemorySeen {
  readonly #seen = new Map<string, Seen>();

  of(sid: string): Readonly<Seen> {
    return this.#seen.get(sid) ?? nothingSeen();
  }

  /** To write to. */
  keep(sid: string): Seen {
    const seen = this.#seen.get(sid) ?? nothingSeen();
    touch(this.#seen, sid, seen, SEEN_MAX);
    return seen;
  }
}

function touch<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
