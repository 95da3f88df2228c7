/** What the edge counts. Labels are few and never chosen by a caller. */
import { FAST_SECONDS, type Metrics, SLOW_SECONDS } from '@elida/telemetry';

export interface EdgeMetrics {
  readonly requests: ReturnType<typeof requests>;
  readonly refusals: ReturnType<typeof refusals>;
  readonly overhead: ReturnType<typeof overhead>;
  readonly firstByte: ReturnType<typeof firstByte>;
  readonly bytes: ReturnType<typeof bytes>;
  readonly inflight: ReturnType<typeof inflight>;
  readonly streams: ReturnType<typeof streams>;
  readonly store: ReturnType<typeof store>;
  readonly orderAck: ReturnType<typeof orderAck>;
  readonly auditLost: ReturnType<typeof auditLost>;
  readonly auditAtRisk: ReturnType<typeof auditAtRisk>;
  readonly settleLost: ReturnType<typeof settleLost>;
  readonly tokens: ReturnType<typeof tokens>;
  readonly violations: ReturnType<typeof violations>;
  readonly inspected: ReturnType<typeof inspected>;
}

const requests = (m: Metrics) =>
  m.counter('elida_edge_requests_total', 'Exchanges by how they ended', ['backend', 'dialect', 'outcome']);
const refusals = (m: Metrics) =>
  m.counter('elida_edge_refusals_total', 'Exchanges not served as asked, by code', ['code']);
const overhead = (m: Metrics) =>
  m.histogram('elida_edge_overhead_seconds', "The edge's own time before a request goes out", FAST_SECONDS);
const firstByte = (m: Metrics) =>
  m.histogram('elida_edge_ttft_seconds', 'Arrival of the request to the first byte of the reply', SLOW_SECONDS, [
    'backend',
  ]);
const bytes = (m: Metrics) => m.counter('elida_edge_bytes_total', 'Bytes of bodies, both directions', ['backend']);
const inflight = (m: Metrics) => m.gauge('elida_edge_inflight', 'Exchanges that run');
const streams = (m: Metrics) => m.gauge('elida_edge_streams', 'Replies that stream events');
const store = (m: Metrics) => m.histogram('elida_edge_store_seconds', 'Round trip of entering a session', FAST_SECONDS);
const orderAck = (m: Metrics) =>
  m.histogram('elida_order_ack_seconds', 'Order given to its exchanges cut', FAST_SECONDS);
const auditLost = (m: Metrics) => m.counter('elida_audit_lost_total', 'Events dropped because the queue was full');
const auditAtRisk = (m: Metrics) =>
  m.counter('elida_audit_at_risk_total', 'Events sent without being on disk, because the spool took none');
const settleLost = (m: Metrics) =>
  m.counter('elida_edge_settlements_lost_total', 'Counters dropped because the store was gone too long');

const tokens = (m: Metrics) =>
  m.counter('elida_tokens_total', 'Tokens as the providers counted them; kind `estimated` is what none told', [
    'backend',
    'dialect',
    'tenant',
    'kind',
  ]);
const violations = (m: Metrics) =>
  m.counter('elida_violations_total', 'Findings of rules, each once a session, by what was done', [
    'tenant',
    'outcome',
  ]);
const inspected = (m: Metrics) =>
  m.counter('elida_edge_inspected_characters_total', 'Characters of requests that were read against the rules');

export const edgeMetrics = (m: Metrics): EdgeMetrics => ({
  requests: requests(m),
  refusals: refusals(m),
  overhead: overhead(m),
  firstByte: firstByte(m),
  bytes: bytes(m),
  inflight: inflight(m),
  streams: streams(m),
  store: store(m),
  orderAck: orderAck(m),
  auditLost: auditLost(m),
  auditAtRisk: auditAtRisk(m),
  settleLost: settleLost(m),
  tokens: tokens(m),
  violations: violations(m),
  inspected: inspected(m),
});
