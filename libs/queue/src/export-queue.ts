/**
 * Jobs of exports, a queue for each sink: one that hangs takes nobody's turn. A job is the id of a delivery; what is to be
 * delivered stands in the database, so a queue that was wiped is filled again. At least once.
 */

export interface ExportQueue {
  /** An id that waits already is not added again. @throws where the queue is gone. */
  add(sink: string, ids: readonly string[]): Promise<void>;
  /** Jobs that wait, are in hand, or wait to be tried again. @throws where the queue is gone. */
  depth(sink: string): Promise<number>;
  /** A handler that throws is tried again, later, for ever: it gives up itself. Once for each sink. */
  work(sink: string, handler: (id: string) => Promise<void>): void;
  /** Lets the jobs in hand finish. */
  close(): Promise<void>;
}

const BACK_OFF = { firstMs: 1_000, maxMs: 60_000 } as const;

/** 1 s, doubled a time, at most a minute. @param attempt 1 after the first failure. */
export const exportBackOffMs = (attempt: number): number =>
  Math.min(BACK_OFF.firstMs * 2 ** Math.min(attempt - 1, 20), BACK_OFF.maxMs);

/** Jobs of one sink in hand at once. */
export const EXPORTS_AT_ONCE = 8;
