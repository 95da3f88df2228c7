/**
 * A set for what comes and goes with every request. Members know their slot. (A `Set` under such churn is rebuilt all the
 * time, and its dead tables keep finished requests alive until a full collection: measured at 4 KB a request.)
 */
export interface Slotted {
  /** Owned by the list that holds it; −1: in none. */
  slot: number;
}

export class Slots<T extends Slotted> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** A member that is in already stays. */
  add(member: T): void {
    if (member.slot >= 0) return;
    member.slot = this.#members.length;
    this.#members.push(member);
  }

  /** One that is not in is left alone. */
  remove(member: T): void {
    const { slot } = member;
    if (slot < 0) return;
    member.slot = -1;
    const last = this.#members.pop() as T;
    if (last === member) return;
    last.slot = slot;
    this.#members[slot] = last;
  }

  /** As they are now: members may come and go meanwhile. */
  all(): T[] {
    return [...this.#members];
  }

  /** Backwards, so that `visit` may remove the member it is shown. */
  each(visit: (member: T) => void): void {
    for (let at = this.#members.length - 1; at >= 0; at--) {
      const member = this.#members[at];
      if (member !== undefined) visit(member);
    }
  }
}
