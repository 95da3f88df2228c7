/**
 * Numbers of a producer that never came become `audit_gap` events, each once whoever looks; one that comes after all is
 * taken back by another. The log goes on behind a gap, and the producer may forget what it lost.
 */
import type { Clock, Log } from '@elida/kernel';
import { type Database, declareLost, readHoles, readLate, takeBackLost } from '@elida/postgres';
import type { Kysely } from 'kysely';
import { ageHoles, type OpenHole, ripe } from './hole-watch.ts';
import type { AuditMetrics } from './metrics.ts';
import type { OwnEvents } from './own-events.ts';
import { pause } from './pause.ts';

export interface GapDeps {
  readonly db: Kysely<Database>;
  readonly own: OwnEvents;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long later numbers may be there before those in between are given up. */
  readonly patienceMs: number;
}

/** A producer serves many tenants: what it lost may have been anybody's. */
const TENANT = 'default';

/** Runs until the signal. */
export async function watchGaps(deps: GapDeps): Promise<void> {
  const { log, signal, patienceMs } = deps;
  let open: OpenHole[] = [];
  while (!signal.aborted) {
    try {
      open = await look(deps, open);
    } catch (error) {
      log.warn('audit_gaps_not_watched', { error });
    }
    await pause(Math.min(5_000, patienceMs / 4), signal);
  }
}

async function look({ db, own, metrics, log, clock, patienceMs }: GapDeps, before: OpenHole[]): Promise<OpenHole[]> {
  const now = clock.monotonic();
  const open = ageHoles(before, await readHoles(db), now);
  for (const hole of ripe(open, now - patienceMs)) {
    const lost = await own.write(async (trx, note) => {
      const parts = await declareLost(trx, hole);
      for (const { producer, from, to } of parts)
        note('audit_gap', TENANT, { producer, from_seq: from, to_seq: to, reason: 'missing' });
      return parts;
    });
    for (const part of lost) {
      metrics.lost(part.to - part.from + 1);
      log.error('audit_gap', { ...part, reason: 'missing' });
    }
  }
  for (const late of await readLate(db)) {
    await own.write(async (trx, note) => {
      for (const { producer, from, to } of await takeBackLost(trx, late))
        note('audit_gap', TENANT, { producer, from_seq: from, to_seq: to, reason: 'closed' });
    });
    log.info('audit_gap_closed', { ...late });
  }
  return open;
}
