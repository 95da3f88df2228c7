/** A session store under test, whatever keeps it, with a clock that the test moves. */
import { type Log, silentLog } from '@elida/kernel';
import { createRedisSessionStore } from '@elida/redis';
import { createMemorySessionStore, type SessionDirectory, type SessionGate } from '@elida/session';

export interface SessionStore extends SessionGate, SessionDirectory {
  lateSettlements(): number;
}

export interface Subject {
  /** As one process sees it; another call is another process. */
  open(): SessionStore;
  /** Unix ms of the test's clock: stands still between calls of `advance`. */
  now(): number;
  advance(ms: number): void;
  close(): Promise<void>;
}

export const KILL_WINDOW_MS = 45 * 60_000;
/** Far from the machine's own time in no way that matters. */
const START = Date.UTC(2030, 0, 1, 12, 30);

class TestClock {
  #now = START;
  now = (): number => this.#now;
  advance = (ms: number): void => {
    this.#now += ms;
  };
}

export function memorySubject(): Promise<Subject> {
  const clock = new TestClock();
  const store = createMemorySessionStore({ now: clock.now, killWindowMs: KILL_WINDOW_MS });
  return Promise.resolve({
    open: () => store,
    now: clock.now,
    advance: clock.advance,
    close: () => Promise.resolve(),
  });
}

/** The test's clock stands in for the server's (redis-faults.test.ts uses that one). */
export function redisSubject(url: string, log: Log = silentLog): Subject {
  const clock = new TestClock();
  const opened: { close(): Promise<void> }[] = [];
  return {
    open() {
      const store = createRedisSessionStore({
        redis: url,
        log,
        // Generous: these suites test what is decided, not how fast; the machine may be busy.
        storeWaitMs: 5_000,
        killWindowMs: KILL_WINDOW_MS,
        testNow: clock.now,
      });
      opened.push(store);
      return store;
    },
    now: clock.now,
    advance: clock.advance,
    async close() {
      for (const store of opened) await store.close();
    },
  };
}
