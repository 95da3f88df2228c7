/** What the audit worker counts. */
import { FAST_SECONDS, type Metrics, SLOW_SECONDS } from '@elida/telemetry';

export interface AuditMetrics {
  stored(inserted: number, duplicates: number): void;
  parked(events: number): void;
  /** The database was gone and we wait. */
  waited(): void;
  lag(seconds: number): void;
  storeTook(seconds: number): void;
  /** Numbers that a producer never sent. */
  lost(events: number): void;
  /** One turn of a log. */
  sequenced(entries: number, seconds: number): void;
  /** From an event to its checkpoint. */
  logLag(seconds: number): void;
  /** Logs that nothing is added to: the database is not the one that was signed. */
  refusedLogs(count: number): void;
}

export function auditMetrics(metrics: Metrics): AuditMetrics {
  const events = metrics.counter('elida_audit_events_total', 'Audit events by what became of them', ['outcome']);
  const waits = metrics.counter('elida_audit_store_waits_total', 'Times that the database was gone');
  const lag = metrics.histogram('elida_audit_lag_seconds', 'From an event to its row', SLOW_SECONDS);
  const store = metrics.histogram('elida_audit_store_seconds', 'One insert of a batch', FAST_SECONDS);
  const lost = metrics.counter('elida_audit_missing_total', 'Events that a producer numbered and that never came');
  const sequenced = metrics.counter('elida_log_entries_total', 'Events that got their place in the log');
  const turns = metrics.histogram(
    'elida_log_turn_seconds',
    'One turn of a log: indices, tree, checkpoint',
    FAST_SECONDS,
  );
  const logLag = metrics.histogram('elida_log_lag_seconds', 'From an event to its checkpoint', SLOW_SECONDS);
  const refused = metrics.gauge('elida_log_refused', 'Logs that are not as they were signed: nothing is added to them');
  return {
    lost: (count) => lost.add({}, count),
    sequenced(entries, seconds) {
      sequenced.add({}, entries);
      turns.observe({}, seconds);
    },
    logLag: (seconds) => logLag.observe({}, Math.max(0, seconds)),
    refusedLogs: (count) => refused.set({}, count),
    stored(inserted, duplicates) {
      events.add({ outcome: 'stored' }, inserted);
      events.add({ outcome: 'duplicate' }, duplicates);
    },
    parked: (count) => events.add({ outcome: 'parked' }, count),
    waited: () => waits.add({}),
    lag: (seconds) => lag.observe({}, Math.max(0, seconds)),
    storeTook: (seconds) => store.observe({}, seconds),
  };
}
