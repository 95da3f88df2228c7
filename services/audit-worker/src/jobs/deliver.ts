/**
 * One job: one session detail record to one sink. Taken → settled. Refused, or tried for too long → dead letter.
 * Otherwise it throws, and the queue tries again, later.
 */
import { type SessionRecord, wholeRecord } from '@elida/contracts';
import type { Clock, Log } from '@elida/kernel';
import { type Database, type Delivery, failDelivery, readDelivery, settleDelivery } from '@elida/postgres';
import type { Delivered, SdrSink } from '@elida/telemetry';
import type { Kysely } from 'kysely';
import type { Found } from '../exporters/findings.ts';
import type { ExportMetrics } from './export-metrics.ts';

export interface DeliverDeps {
  readonly db: Kysely<Database>;
  readonly findingsOf: (record: SessionRecord) => Promise<Found>;
  readonly metrics: ExportMetrics;
  readonly log: Log;
  readonly clock: Clock;
  /** How long a sink that is away is tried. */
  readonly retryForMs: number;
  /** How long a record waits for the events that it counts: they take another way. */
  readonly eventsWithinMs: number;
}

/** @returns the handler for ExportQueue.work. */
export function createDeliver(sink: SdrSink, deps: DeliverDeps): (id: string) => Promise<void> {
  const { db, metrics, log, clock } = deps;
  return async (id) => {
    const delivery = await readDelivery(db, id);
    if (delivery === null) return;
    const record = wholeRecord(delivery.record);
    const { findings, isWhole } = await deps.findingsOf(record);
    if (!isWhole && ageMs(delivery, clock) < deps.eventsWithinMs) {
      throw new Error('the events of the session have not all arrived yet');
    }
    const delivered = await attempt(sink, { record, interim: delivery.interim, findings });
    if (delivered.taken) {
      await settleDelivery(db, id);
      metrics.exported(sink.name);
      return;
    }
    const isDead = !delivered.again || clock.now() - delivery.since.getTime() >= deps.retryForMs;
    await failDelivery(db, id, delivered.reason, isDead);
    metrics.failed(sink.name);
    const said = { sink: sink.name, session: record.sid, reason: delivered.reason };
    if (!isDead) throw new Error(delivered.reason);
    metrics.died(sink.name);
    log.error('export_dead_letter', said);
  };
}

type Attempt = Delivered | { readonly taken: false; readonly reason: string; readonly again: true };

async function attempt(sink: SdrSink, item: Parameters<SdrSink['deliver']>[0]): Promise<Attempt & { again?: boolean }> {
  try {
    return await sink.deliver(item);
  } catch (error) {
    return { taken: false, reason: reasonOf(error), again: true };
  }
}

/** `fetch failed` alone says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const ageMs = ({ createdAt }: Delivery, clock: Clock): number => clock.now() - createdAt.getTime();
