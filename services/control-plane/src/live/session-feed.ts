/** Sessions on the live stream: what changed is read again, a little later and once, however much happened. */
import type { AuditEvent, SessionRecord } from '@elida/contracts';
import { isFault, type Log } from '@elida/kernel';
import type { Ladders } from '../insight/ladders.ts';
import type { SessionDirectory } from '../ports.ts';
import { pause } from '../record/pause.ts';
import type { LiveHub } from './hub.ts';

const PERIOD_MS = 200;
const READ_MAX = 100;

interface FeedParts {
  readonly store: SessionDirectory;
  readonly hub: LiveHub;
  readonly ladders: Ladders;
  readonly log: Log;
}

export class SessionFeed {
  readonly #changed = new Set<string>();
  readonly #parts: FeedParts;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  onEvent({ session }: AuditEvent): void {
    if (session !== '' && this.#parts.hub.watched) this.#changed.add(session);
  }

  /** By the ladders that were published when one was last asked for. */
  show(records: readonly SessionRecord[]): void {
    const { hub, ladders } = this.#parts;
    for (const record of records) {
      this.#changed.delete(record.sid);
      hub.publish('sessions', record.tenant, ladders.view(record));
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(PERIOD_MS, signal);
      try {
        await this.#flush();
      } catch (error) {
        // The next change asks again; a watcher that needs certainty reads the list.
        if (!isFault(error)) this.#parts.log.error('session_feed_failed', { error });
      }
    }
  }

  async #flush(): Promise<void> {
    const sids = [...this.#changed].slice(0, READ_MAX);
    if (sids.length === 0) return;
    for (const sid of sids) this.#changed.delete(sid);
    await this.#parts.ladders.refresh();
    const records = await Promise.all(sids.map((sid) => this.#parts.store.get(sid)));
    this.show(records.filter((record) => record !== null));
  }
}
