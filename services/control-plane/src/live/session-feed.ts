/** Sessions on the live stream: what changed is read again, a little later and once, however much happened. */
import type { AuditEvent, SessionRecord } from '@elida/contracts';
import { toSessionView } from '@elida/contracts/api';
import { type Clock, isFault, type Log } from '@elida/kernel';
import type { SessionDirectory } from '../ports.ts';
import { pause } from '../record/pause.ts';
import type { LiveHub } from './hub.ts';

const PERIOD_MS = 200;
const READ_MAX = 100;

export class SessionFeed {
  readonly #changed = new Set<string>();
  readonly #parts: { store: SessionDirectory; hub: LiveHub; clock: Clock; log: Log };

  constructor(parts: { store: SessionDirectory; hub: LiveHub; clock: Clock; log: Log }) {
    this.#parts = parts;
  }

  onEvent({ session }: AuditEvent): void {
    if (session !== '' && this.#parts.hub.watched) this.#changed.add(session);
  }

  show(records: readonly SessionRecord[]): void {
    const { hub, clock } = this.#parts;
    for (const record of records) {
      this.#changed.delete(record.sid);
      hub.publish('sessions', record.tenant, toSessionView(record, clock.now()));
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
    for (const sid of sids) this.#changed.delete(sid);
    const records = await Promise.all(sids.map((sid) => this.#parts.store.get(sid)));
    this.show(records.filter((record) => record !== null));
  }
}
