/**
 * The live stream: what happens now, for everybody who watches. A ring of the last messages makes it resumable; who
 * comes back too late, or to another replica, gets `reset` and reads anew.
 */

import { randomBytes } from 'node:crypto';
import type { LiveTopic } from '@elida/contracts/api';
import type { LiveSink } from '@elida/http';

interface Message {
  readonly seq: number;
  readonly topic: LiveTopic;
  readonly tenant: string;
  readonly data: string;
}

interface Watcher {
  readonly sink: LiveSink;
  readonly topics: ReadonlySet<string>;
  /** Empty: every tenant. */
  readonly tenant: string;
}

const RING = 1_000;
const WATCHERS_MAX = 500;

export class LiveHub {
  /** Ids of another process, or of an earlier life of this one, mean nothing here. */
  readonly #life = randomBytes(4).toString('hex');
  readonly #ring: Message[] = [];
  readonly #watchers = new Set<Watcher>();
  #seq = 0;

  get full(): boolean {
    return this.#watchers.size >= WATCHERS_MAX;
  }
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** @param tenant whose it is; `*` concerns all and is shown only to those who are confined to none. */
  publish(topic: LiveTopic, tenant: string, data: unknown): void {
    const message = { seq: ++this.#seq, topic, tenant, data: JSON.stringify(data) };
    this.#ring.push(message);
    if (this.#ring.length > RING) this.#ring.shift();
    for (const watcher of this.#watchers) if (!this.#show(watcher, message)) this.#watchers.delete(watcher);
  }

  /** @param after id of the last message that was seen; empty: from now on. @returns how to stop. */
  watch(watcher: Watcher, after: string): () => void {
    const missed = this.#since(after);
    const first = this.#ring[0]?.seq ?? this.#seq + 1;
    if (missed === null)
      watcher.sink.send({ id: `${this.#life}-${this.#seq}`, event: 'reset', data: JSON.stringify({ from: first }) });
    for (const message of missed ?? []) this.#show(watcher, message);
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @returns null where what was missed is no longer known. */
  #since(after: string): readonly Message[] | null {
    if (after === '') return [];
    const [life, text] = after.split('-');
    const seq = Number(text);
    const oldest = this.#ring[0]?.seq ?? this.#seq + 1;
    if (life !== this.#life || !Number.isSafeInteger(seq) || seq > this.#seq || seq < oldest - 1) return null;
    return this.#ring.filter((message) => message.seq > seq);
  }

  #show({ sink, topics, tenant }: Watcher, message: Message): boolean {
    if (!topics.has(message.topic) || (tenant !== '' && tenant !== message.tenant)) return true;
    return sink.send({ id: `${this.#life}-${message.seq}`, event: message.topic, data: message.data });
  }
}
