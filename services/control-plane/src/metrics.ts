/** What the control plane counts. Names: spec. */
import { FAST_SECONDS, type Metrics } from '@elida/telemetry';
import type { Backlog } from './orders/backlog.ts';
import type { SessionDirectory } from './ports.ts';
import type { Publisher } from './publisher/publisher.ts';

export interface ControlMetrics {
  answered(status: number, elapsedMs: number): void;
  ordered(kind: string, elapsedMs: number, durable: boolean): void;
  ended(count: number): void;
}

export function controlMetrics(
  metrics: Metrics,
  { store, publisher, backlog }: { store: SessionDirectory; publisher: Publisher; backlog: Backlog },
): ControlMetrics {
  const requests = metrics.counter('elida_control_requests_total', 'Requests to the API', ['code']);
  const seconds = metrics.histogram('elida_control_request_seconds', 'Time of the API', FAST_SECONDS);
  const orders = metrics.counter('elida_orders_total', 'Orders by kind; code: durable or not', ['outcome', 'code']);
  const orderSeconds = metrics.histogram('elida_order_seconds', 'From the call to the last answer', FAST_SECONDS);
  const ends = metrics.counter('elida_sessions_ended_total', 'Incarnations that this process closed');
  metrics.sampled('elida_sessions', 'Live sessions', async () => {
    const { active, held, killed } = await store.counts('');
    return active + held + killed;
  });
  metrics.sampled('elida_control_snapshot_version', 'Version that was published last', () => publisher.version);
  metrics.sampled('elida_orders_unwritten', 'Orders that wait for Postgres', () => backlog.size);
  return {
    answered(status, elapsedMs) {
      requests.add({ code: String(status) });
      seconds.observe({}, elapsedMs / 1_000);
    },
    ordered(kind, elapsedMs, durable) {
      orders.add({ outcome: kind, code: durable ? 'durable' : 'not_durable' });
      orderSeconds.observe({}, elapsedMs / 1_000);
    },
    ended: (count) => ends.add({}, count),
  };
}
