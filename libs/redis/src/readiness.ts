/** Whether the store holds the sentinel ({ctl}:epoch). Missing: not initialised or wiped, and nothing may be decided from it. */
import type { Context } from './context.ts';
import { EPOCH } from './keys.ts';
import { unavailable } from './link.ts';
import { step } from './script.ts';

const POLL_MS = 200;

export class Readiness {
  readonly #context: Context;
  readonly #onLost: () => void;
  #ready = false;
  #timer: NodeJS.Timeout | null = null;
  #look: Promise<boolean> | null = null;
  #closed = false;
  /** Counts what is known first hand: a look that was under way then is stale. */
  #facts = 0;

  constructor(context: Context, onLost: () => void) {
    this.#context = context;
    this.#onLost = onLost;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** @throws Fault('store_unavailable') unless the sentinel has been seen and nobody has missed it since. */
  async required(): Promise<void> {
    if (this.#ready) return;
    // The first look after a start or a reconnect is worth waiting for; afterwards the poll says.
    if (this.#timer === null && (await this.look())) return;
    throw unavailable();
  }

  lost(): void {
    this.#facts++;
    this.#set(false);
  }

  /** The sentinel has just been written. */
  marked(): void {
    this.#facts++;
    this.#set(true);
  }

  /** Reads the sentinel. Several callers share one look. */
  look(): Promise<boolean> {
    this.#look ??= this.#read().finally(() => {
      this.#look = null;
    });
    return this.#look;
  }

  close(): void {
    this.#closed = true;
    this.#ready = false;
    if (this.#timer) clearInterval(this.#timer);
  }

  async #read(): Promise<boolean> {
    const facts = this.#facts;
    const found = (await this.#context.one(step('get', EPOCH))) !== null;
    if (facts === this.#facts) this.#set(found);
    return this.#ready;
  }

  #set(ready: boolean): void {
    if (this.#closed) return;
    if (this.#ready && !ready) {
      this.#context.log.warn('store_wiped', {});
      this.#onLost();
    }
    this.#ready = ready;
    if (!ready) this.#poll();
    else if (this.#timer) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #poll(): void {
    if (this.#closed) return;
    this.#timer ??= setInterval(() => {
      // While the server itself is gone the link's probe looks after it.
      if (this.#context.link.up) this.look().catch(() => undefined);
    }, POLL_MS);
    this.#timer.unref();
  }
}
