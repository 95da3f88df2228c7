/** What runs on this edge. An order cuts all that its selector fits, both legs, at once. */
import type { Fault } from '@elida/kernel';
import { type Selectable, selects } from './selector.ts';
import { Slots, type Slotted } from './slots.ts';

/** An exchange or a socket, from the moment we know whose it is. */
export interface Running extends Slotted {
  readonly whose: Selectable;
  /** Ends it natively, both legs. Called again: nothing more happens. */
  cut(fault: Fault): void;
}

export interface CutCount {
  readonly exchanges: number;
  readonly sessions: readonly string[];
}

export class ExchangeRegistry<R extends Running = Running> {
  readonly #running = new Slots<R>();

  get size(): number {
    return this.#running.size;
  }

  add(running: R): void {
    this.#running.add(running);
  }

  remove(running: R): void {
    this.#running.remove(running);
  }

  all(): readonly R[] {
    return this.#running.all();
  }

  /** Session ids of what runs: their idle clocks must not run out meanwhile. */
  sids(): string[] {
    return [...new Set(this.#running.all().map(({ whose }) => whose.sid))];
  }

  /** What a cut would meet. */
  count(tenant: string, selector: Parameters<typeof selects>[1]): CutCount {
    const hit = this.#running.all().filter(({ whose }) => selects(tenant, selector, whose));
    return { exchanges: hit.length, sessions: [...new Set(hit.map(({ whose }) => whose.sid))] };
  }

  cut(tenant: string, selector: Parameters<typeof selects>[1], fault: Fault): CutCount {
    // First all that fit, then the cutting: a cut exchange leaves the set.
    const hit = this.#running.all().filter(({ whose }) => selects(tenant, selector, whose));
    for (const running of hit) running.cut(fault);
    return { exchanges: hit.length, sessions: [...new Set(hit.map(({ whose }) => whose.sid))] };
  }

  cutAll(fault: Fault): CutCount {
    return this.cut('', { scope: 'all', id: '', members: [] }, fault);
  }
}
