/**
 * Whether records that the queue took are lost and must be sent again. The worker says up to which number all are stored
 * (the watermark); the queue says how much waits in it. Pure: one look after the other goes in.
 */
export interface Look {
  /** Monotonic ms. */
  readonly now: number;
  /** Null: the queue does not know, as after a wipe. */
  readonly through: number | null;
  /** Batches in the queue. */
  readonly waiting: number;
  /** Up to which number the queue had taken all before this look. */
  readonly sentThrough: number;
}

/** For a worker to store the batch in its hand and to tell it. */
const FIRST_MS = 5_000;
/** Where the queue never runs empty: it is full of others', or nobody works. */
const BUSY_MS = 60_000;
const LONGEST_MS = 600_000;

export class Resend {
  #acknowledged: number;
  #known = false;
  #movedAt: number | null = null;
  #waitMs = FIRST_MS;
  #busyMs = BUSY_MS;
  /** The queue was seen empty when all up to here had gone into it: they are stored soon, or lost. */
  #emptied: { readonly through: number; readonly at: number } | null = null;

  /** @param acknowledged up to which number all are known to be stored. */
  constructor(acknowledged: number) {
    this.#acknowledged = acknowledged;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** @returns true: all behind `acknowledged` are to be sent again. */
  look({ now, through, waiting, sentThrough }: Look): boolean {
    this.#movedAt ??= now;
    const wiped = this.#known && through === null;
    this.#known = through !== null;
    if (through !== null && through > this.#acknowledged) {
      this.#acknowledged = through;
      this.#waitMs = FIRST_MS;
      this.#busyMs = BUSY_MS;
      this.#begin(now);
    }
    if (this.#acknowledged >= sentThrough) {
      this.#begin(now);
      return false;
    }
    if (wiped) {
      this.#begin(now);
      return true;
    }
    if (this.#emptied !== null) {
      if (now - this.#emptied.at < this.#waitMs) return false;
      const isMissing = this.#acknowledged < this.#emptied.through;
      this.#begin(now);
      if (isMissing) this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_MS);
      return isMissing;
    }
    if (waiting === 0) this.#emptied = { through: sentThrough, at: now };
    if (now - this.#movedAt < this.#busyMs) return false;
    this.#begin(now);
    this.#busyMs = Math.min(this.#busyMs * 2, LONGEST_MS);
    return true;
  }

  #begin(now: number): void {
    this.#movedAt = now;
    this.#emptied = null;
  }
}
