/** A snapshot without any backend gets the built-in demo backend, started when it is first needed. */
import { createSnapshot, type Snapshot } from '@elida/contracts';
import type { Log } from '@elida/kernel';

export interface WithDemo {
  complete(snapshot: Snapshot): Promise<Snapshot>;
  close(): Promise<void>;
}

export function withDemo(_log: Log): WithDemo {
  return {
    complete: (snapshot) => Promise.resolve(snapshot.backends.length > 0 ? snapshot : createSnapshot(snapshot)),
    close: () => Promise.resolve(),
  };
}
