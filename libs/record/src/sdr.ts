/**
 * The session detail record: one per incarnation, as the attributes of the span `session.record`. `elida.*` names are
 * those of the seed document; `gen_ai.*` are of OpenTelemetry's GenAI conventions (development status, schema 1.44).
 */
import type { SessionRecord } from '@elida/contracts';

export type AttributeValue = string | number | boolean | string[];

export interface SessionDetail {
  readonly name: 'session.record';
  /** Unix ms. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

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

const whereSet = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));

/** @param interim a record of a session that has not ended (a kill's): its numbers are those so far. */
export function buildSdr(record: SessionRecord, interim: boolean): SessionDetail {
  const endAt = record.endedAt || record.lastAt || record.startedAt;
  const backends = Object.keys(record.backendsUsed).sort();
  return {
    name: 'session.record',
    startAt: record.startedAt,
    endAt: Math.max(endAt, record.startedAt),
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
      'elida.violations.count': 0,
      'elida.violations.rules': [],
      'elida.violations.max_severity': '',
      'elida.captures.count': 0,
      'gen_ai.conversation.id': record.sid,
      ...whereSet({
        'elida.agent': record.agent,
        'elida.workflow': record.workflow,
        'elida.session.parent': record.parent,
        'elida.policy': record.policy,
        'elida.end_reason': record.endReason,
        'elida.session.kill_reason': record.state === 'killed' || record.state === 'terminated' ? record.reason : '',
        'gen_ai.agent.name': record.agent,
        'gen_ai.provider.name': PROVIDERS[record.backend] ?? record.backend,
      }),
      ...Object.fromEntries(Object.entries(record.tags).map(([key, value]) => [`elida.tag.${key}`, value])),
    },
  };
}
