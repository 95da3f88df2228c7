/**
 * Live traces from the wide event of an exchange: a SERVER span for what the caller had, a CLIENT span for the provider.
 * `proxy.request` and `elida.*` as in the original; `gen_ai.*`, `http.*`, `url.*` of OpenTelemetry's conventions.
 */
import type { AuditEvent } from '@elida/contracts';
import type { ExchangeData } from './event-data.ts';
import { providerName } from './sdr.ts';
import { type SdrViolation, violationEvent } from './sdr-events.ts';
import { SPAN_EVENTS_MAX, type SpanData, spanIdOf, traceIdOf, whereSet } from './span.ts';

/** The ids of an exchange's two spans, wherever they are needed: at the edge, for the provider, and at the export. */
export const exchangeSpanIds = (exchange: string): { readonly server: string; readonly client: string } => ({
  server: spanIdOf(`${exchange}/server`),
  client: spanIdOf(`${exchange}/client`),
});
/** Of an exchange whose caller told none. */
export const exchangeTraceId = (exchange: string): string => traceIdOf(exchange);

/** What an edge wrote; an older one wrote less. */
type Told = Partial<ExchangeData> & Pick<ExchangeData, 'exchange'>;

export function readExchange({ type, data }: AuditEvent): Told | null {
  return type === 'exchange' && typeof data.exchange === 'string' ? (data as unknown as Told) : null;
}

/**
 * Whether an exchange is traced. The caller's own decision holds where it made one (W3C `sampled`); else the share that
 * the settings name, by the trace id: all services with one share decide alike.
 * @param share 0 … 1
 */
export function isSampled({ exchange, trace_id = '', trace_flags = 0 }: Told, share: number): boolean {
  if (trace_id !== '') return (trace_flags & 1) === 1;
  return Number.parseInt(exchangeTraceId(exchange).slice(-8), 16) < share * 2 ** 32;
}

/** @param findings the violations of this exchange. */
export function exchangeSpans(event: AuditEvent, told: Told, findings: readonly SdrViolation[]): SpanData[] {
  const ids = exchangeSpanIds(told.exchange);
  const { parent_span_id: parent = '', duration_ms = 0, sent_ms = 0, code = '', outcome = '' } = told;
  const startAt = event.occurredAt - duration_ms;
  const common = {
    traceId: told.trace_id || exchangeTraceId(told.exchange),
    endAt: event.occurredAt,
    error: errorOf(told),
  };
  const shown = findings.slice(0, SPAN_EVENTS_MAX);
  const server: SpanData = {
    ...common,
    spanId: ids.server,
    parentSpanId: parent,
    parentIsRemote: parent !== '',
    name: 'proxy.request',
    kind: 'server',
    startAt,
    attributes: {
      ...requestAttributes(event, told),
      ...whereSet({
        'url.path': told.path ?? '',
        'client.address': told.client ?? '',
        'elida.tenant': event.tenant,
        'elida.principal': told.principal ?? '',
        'elida.policy': told.policy ?? '',
        'elida.stopped_by': told.stopped_by ?? '',
        'elida.code': code,
      }),
      'elida.outcome': outcome,
      'elida.session.incarnation': event.incarnation,
      'elida.streaming': told.streamed ?? false,
      'elida.bytes.in': told.bytes_in ?? 0,
      'elida.bytes.out': told.bytes_out ?? 0,
      'elida.own.ms': told.own_ms ?? 0,
      'elida.findings.count': told.findings ?? 0,
      'elida.tools.calls': told.tool_calls ?? 0,
    },
    events: shown.map(violationEvent),
    droppedEvents: findings.length - shown.length,
  };
  if (sent_ms === 0) return [server];
  const operation = operationOf(told);
  return [
    server,
    {
      ...common,
      spanId: ids.client,
      parentSpanId: ids.server,
      parentIsRemote: false,
      // Of the conventions: `{operation} {model}`, and the method where there is no operation.
      name: operation === '' ? (told.method ?? 'HTTP') : `${operation} ${told.model ?? ''}`.trimEnd(),
      kind: 'client',
      startAt: startAt + sent_ms,
      attributes: requestAttributes(event, told),
      events: [],
      droppedEvents: 0,
    },
  ];
}

/** What both spans say. */
function requestAttributes(event: AuditEvent, told: Told): SpanData['attributes'] {
  const { ttft_ms = 0, sent_ms = 0, finish = '', input_tokens = 0, output_tokens = 0, status = 0 } = told;
  return {
    ...whereSet({
      'http.request.method': told.method ?? '',
      'error.type': errorOf(told),
      'elida.exchange.id': told.exchange,
      'elida.session.id': event.session,
      'elida.backend': told.backend ?? '',
      'elida.edge': event.producer,
      'gen_ai.operation.name': operationOf(told),
      'gen_ai.provider.name': providerName(told.backend ?? ''),
      'gen_ai.request.model': told.model ?? '',
      'gen_ai.conversation.id': event.session,
      'gen_ai.agent.name': told.agent ?? '',
    }),
    ...(status > 0 ? { 'http.response.status_code': status } : {}),
    ...(told.streamed ? { 'gen_ai.request.stream': true } : {}),
    ...(finish === '' ? {} : { 'gen_ai.response.finish_reasons': [finish] }),
    ...(ttft_ms > sent_ms
      ? { 'gen_ai.response.time_to_first_chunk': Math.round((ttft_ms - sent_ms) * 1_000) / 1_000_000 }
      : {}),
    ...(input_tokens + output_tokens > 0
      ? { 'gen_ai.usage.input_tokens': input_tokens, 'gen_ai.usage.output_tokens': output_tokens }
      : {}),
  };
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'openai-chat': 'chat',
  'openai-responses': 'chat',
  'anthropic-messages': 'chat',
};

/** Of gen_ai.operation.name; empty where we cannot say. */
export function operationOf({ dialect = '', path = '' }: Pick<Told, 'dialect' | 'path'>): string {
  const known = OPERATIONS[dialect];
  if (known !== undefined) return known;
  if (path.endsWith('/embeddings')) return 'embeddings';
  return path.endsWith('/completions') ? 'text_completion' : '';
}

/** The fault's code, or the HTTP status where it is one of failure; empty: nothing went wrong. */
export function errorOf({ code = '', status = 0 }: Pick<Told, 'code' | 'status'>): string {
  if (code !== '') return code;
  return status >= 400 ? String(status) : '';
}
