/**
 * The session detail record: one per incarnation, as the attributes of the span `session.record`. `elida.*` names are
 * those of the seed document; `gen_ai.*` are of OpenTelemetry's GenAI conventions (development status, schema 1.44).
 */
import { type ModelUse, type SessionRecord, wholeRecord } from '@elida/contracts';
import { scoreAt } from '@elida/session';
import { NO_FINDINGS, type SdrFindings, sdrEvents } from './sdr-events.ts';
import { type AttributeValue, type SpanData, spanIdOf, traceIdOf, whereSet } from './span.ts';

/** A record as it is exported: the span, and what else is told with it. */
export interface SessionDetail extends Pick<SpanData, 'startAt' | 'endAt' | 'attributes' | 'events' | 'droppedEvents'> {
  readonly name: 'session.record';
}

/** Pinned: names of a later schema come with a later version of this file. */
export const SDR_SCHEMA_URL = 'https://opentelemetry.io/schemas/1.44.0';

/** Names people give to backends → the convention's `gen_ai.provider.name`; another name is kept, as the convention allows. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  google: 'gcp.gemini',
  grok: 'x_ai',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
  vertex: 'gcp.vertex_ai',
  watsonx: 'ibm.watsonx.ai',
  xai: 'x_ai',
};

export const providerName = (backend: string): string => PROVIDERS[backend] ?? backend;

/**
 * @param interim a record of a session that has not ended (a kill's): its numbers are those so far.
 * @param findings of the events that have arrived by now.
 */
export function buildSdr(stored: SessionRecord, interim: boolean, findings = NO_FINDINGS): SessionDetail {
  const record = wholeRecord(stored);
  const endAt = record.endedAt || record.lastAt || record.startedAt;
  const backends = Object.keys(record.backendsUsed).sort();
  return {
    name: 'session.record',
    startAt: record.startedAt,
    endAt: Math.max(endAt, record.startedAt),
    ...sdrEvents(findings),
    attributes: {
      'elida.session.id': record.sid,
      'elida.session.incarnation': record.incarnation,
      'elida.session.state': record.state,
      'elida.session.display_name': record.displayName,
      'elida.session.hint_kind': record.hintKind,
      'elida.sdr.interim': interim,
      'elida.tenant': record.tenant,
      'elida.principal': record.principal,
      'elida.backend': record.backend,
      'elida.backends.used': backends,
      'elida.client.addr': record.clientAddr,
      'elida.edge': record.edge,
      'elida.duration.ms': Math.max(0, endAt - record.startedAt),
      'elida.request.count': record.requests,
      'elida.bytes.in': record.bytesIn,
      'elida.bytes.out': record.bytesOut,
      'elida.violations.count': record.violations,
      'elida.violations.rules': [...findings.rules],
      'elida.violations.max_severity': findings.maxSeverity,
      'elida.violations.actions': [...findings.actions],
      'elida.risk.score': scoreAt(record.risk, endAt, record.halfLifeMs),
      'elida.tools.calls': record.toolCalls,
      'elida.tools.counts': Object.entries(record.toolCounts)
        .map(([name, calls]) => `${name}=${calls}`)
        .sort(),
      'elida.models.used': record.models.map(({ backend, model }) => `${backend}/${model}`),
      ...usageOf(record),
      'elida.captures.count': findings.captureCount,
      'gen_ai.conversation.id': record.sid,
      ...whereSet({
        'elida.agent': record.agent,
        'elida.workflow': record.workflow,
        'elida.session.parent': record.parent,
        'elida.policy': record.policy,
        'elida.end_reason': record.endReason,
        'elida.session.kill_reason': record.state === 'killed' || record.state === 'terminated' ? record.reason : '',
        'gen_ai.agent.name': record.agent,
        'gen_ai.provider.name': providerName(record.backend),
        'gen_ai.request.model': mostUsed(record.models)?.model ?? '',
      }),
      ...logAttributes(findings),
      ...Object.fromEntries(Object.entries(record.tags).map(([key, value]) => [`elida.tag.${key}`, value])),
    },
  };
}

/** `root_hash`, `algorithm` and `event_count` as the original called them. */
const logAttributes = ({ log }: SdrFindings): Record<string, AttributeValue> =>
  log === null
    ? {}
    : {
        'elida.sdr.event_count': log.events,
        'elida.sdr.root_hash': log.root,
        'elida.sdr.algorithm': 'rfc6962-sha256',
        'elida.log.size': log.size,
        'elida.log.first_index': log.firstIndex,
        'elida.log.last_index': log.lastIndex,
      };

/** Input contains what was cached and written to a cache; output contains what was reasoned. */
const usageOf = ({ tokens }: SessionRecord): Record<string, number> => ({
  'elida.tokens.in': tokens.input,
  'elida.tokens.out': tokens.output,
  'elida.tokens.cached': tokens.cachedInput,
  'elida.tokens.cache_write': tokens.cacheWriteInput,
  'elida.tokens.reasoning': tokens.reasoningOutput,
  'elida.tokens.estimated': tokens.estimated,
  'gen_ai.usage.input_tokens': tokens.input,
  'gen_ai.usage.output_tokens': tokens.output,
  'gen_ai.usage.cache_read.input_tokens': tokens.cachedInput,
  'gen_ai.usage.cache_creation.input_tokens': tokens.cacheWriteInput,
  'gen_ai.usage.reasoning.output_tokens': tokens.reasoningOutput,
});

/** The convention has room for one model: the one that was asked most often. */
const mostUsed = (models: readonly ModelUse[]): ModelUse | undefined =>
  models.toSorted((a, b) => b.requests - a.requests)[0];

/** The record as a span. An incarnation is a trace; its end and each of its interim records are spans of their own. */
export function sdrSpan(record: SessionRecord, interim: boolean, findings = NO_FINDINGS): SpanData {
  const incarnation = `${record.sid}/${record.incarnation}`;
  return {
    ...buildSdr(record, interim, findings),
    traceId: traceIdOf(incarnation),
    spanId: spanIdOf(`${incarnation}/${interim ? `${record.epoch}/${record.lastAt}` : 'end'}`),
    parentSpanId: '',
    parentIsRemote: false,
    kind: 'internal',
    error: '',
  };
}
