/**
 * One coarse clock for every phase timeout of every exchange. A tick walks what is armed; re-arming is one number store,
 * so a stream pays nothing per chunk. A deadline is met at most one tick late. (A timer per request was measured at a fifth
 * of the whole cost of proxying it.)
 */
import type { Clock } from '@elida/kernel';
import { Slots, type Slotted } from './slots.ts';

const TICK_MS = 50;

export interface Watched extends Slotted {
  /** Monotonic ms; Infinity while nothing is awaited. */
  deadline: number;
  /** Called once per passed deadline; sets a new one or leaves the clock. */
  onDeadline(): void;
}

export class Deadlines {
  /** Monotonic ms of the last tick: cheap, and old by at most a tick. */
  now: number;
  readonly #clock: Clock;
  readonly #armed = new Slots<Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.now = clock.monotonic();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  watch(watched: Watched): void {
    this.#armed.add(watched);
  }

  forget(watched: Watched): void {
    this.#armed.remove(watched);
  }

  /** Monotonic ms after `ms` from now; 0 ms means: never. */
  after(ms: number): number {
    return ms > 0 ? this.now + ms : Number.POSITIVE_INFINITY;
  }

  tick(): void {
    this.now = this.#clock.monotonic();
    this.#armed.each((watched) => {
      if (this.now < watched.deadline) return;
      watched.deadline = Number.POSITIVE_INFINITY;
      watched.onDeadline();
    });
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
