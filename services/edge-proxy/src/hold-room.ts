/** Where held requests wait: bounded, woken by every order, and at least once a second in case an order was missed. */
import type { Deadlines, Watched } from './deadlines.ts';

const LOOK_AGAIN_MS = 1_000;

export class HoldRoom {
  readonly #deadlines: Deadlines;
  readonly #waiting = new Set<Seat>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns null where the room is full. */
  enter(seatsMax: number): Seat | null {
    if (this.#waiting.size >= seatsMax) return null;
    const seat = new Seat(this.#deadlines, () => this.#waiting.delete(seat));
    this.#waiting.add(seat);
    return seat;
  }

  /** Something changed: everybody looks again. */
  wakeAll(): void {
    for (const seat of this.#waiting) seat.wake();
  }
}

export class Seat implements Watched {
  slot = -1;
  deadline = Number.POSITIVE_INFINITY;
  readonly #deadlines: Deadlines;
  readonly #left: () => void;
  #wake: (() => void) | null = null;

  constructor(deadlines: Deadlines, left: () => void) {
    this.#deadlines = deadlines;
    this.#left = left;
    deadlines.watch(this);
  }

  /** Until woken, at most `ms`, and never longer than a second. */
  wait(ms: number): Promise<void> {
    this.deadline = this.#deadlines.now + Math.min(ms, LOOK_AGAIN_MS);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  onCut(): void {
    this.wake();
  }

  onDeadline(): void {
    this.wake();
  }

  leave(): void {
    this.#deadlines.forget(this);
    this.#left();
    this.wake();
  }
}
