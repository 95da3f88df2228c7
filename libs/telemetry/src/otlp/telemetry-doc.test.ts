/** docs/telemetry.md names everything that leaves. */
import { readFileSync } from 'node:fs';
import { type AuditEvent, noTokens, type SessionRecord } from '@elida/contracts';
import { exchangeSpans, NO_FINDINGS, readExchange, SDR_SCHEMA_URL, type SpanData, sdrSpan } from '@elida/record';
import { expect, test } from 'vitest';

const doc = readFileSync(new URL('../../../../docs/telemetry.md', import.meta.url), 'utf8');

const record: SessionRecord = {
  ...{
    sid: 'ses_a',
    incarnation: 1,
    tenant: 't',
    principal: 'p',
    agent: 'a',
    workflow: 'w',
    parent: 'ses_p',
    tags: { team: 'r' },
  },
  ...{
    hintKind: 'h',
    displayName: 'd',
    state: 'killed',
    epoch: 1,
    policy: 'base',
    backend: 'b',
    backendsUsed: { b: 1 },
  },
  ...{
    clientAddr: 'c',
    edge: 'e',
    startedAt: 1,
    lastAt: 2,
    endedAt: 3,
    endReason: 'killed',
    untilAt: 0,
    reason: 'r',
    actor: 'x',
  },
  ...{
    requests: 1,
    bytesIn: 1,
    bytesOut: 1,
    tokens: noTokens(),
    models: [{ backend: 'b', model: 'm', requests: 1, tokens: noTokens() }],
  },
  ...{ toolCounts: { t: 1 }, toolCalls: 1, violations: 1, captures: 1, risk: { score: 1, at: 1 }, halfLifeMs: 1 },
};
const violation = {
  rule_name: 'r',
  ...{
    matched_text: 'm',
    description: 'd',
    action: 'a',
    policy: 'p',
    source_role: 'user',
    side: 'request',
    category: 'c',
  },
  ...{ exchange: 'x', enforced: true, points: 1 },
};
const capture = {
  at: 1,
  exchange: 'x',
  method: 'POST',
  path: '/',
  requestBody: '',
  responseBody: '',
  statusCode: 200,
  truncated: true,
};
const findings = {
  ...NO_FINDINGS,
  violations: [{ at: 1, severity: 'info', data: violation }],
  captures: [capture],
  log: { events: 1, firstIndex: 0, lastIndex: 0, size: 1, root: 'AA==' },
};
const exchange: AuditEvent = {
  ...{
    eventId: 'e',
    tenant: 't',
    producer: 'e',
    seq: 1,
    occurredAt: 10,
    type: 'exchange',
    session: 's',
    incarnation: 1,
    severity: '',
  },
  data: {
    ...{
      exchange: 'x',
      outcome: 'failed',
      code: 'upstream_failed',
      status: 502,
      method: 'POST',
      path: '/v1/chat/completions',
    },
    ...{
      dialect: 'openai-chat',
      model: 'm',
      streamed: true,
      backend: 'b',
      principal: 'p',
      agent: 'a',
      client: 'c',
      policy: 'p',
    },
    ...{ duration_ms: 5, ttft_ms: 4, sent_ms: 1, input_tokens: 1, output_tokens: 1, finish: 'stop', stopped_by: 'r' },
  },
};

const namesOf = (span: SpanData): string[] => [
  span.name.replace(/^chat m$/, '{operation} {model}'),
  ...Object.keys(span.attributes).map((name) => name.replace(/^elida\.tag\..*/, 'elida.tag.<name>')),
  ...span.events.flatMap((event) => [event.name, ...Object.keys(event.attributes)]),
];

test.each([
  ['the record', [sdrSpan(record, false, findings)]],
  ['an exchange', exchangeSpans(exchange, readExchange(exchange) ?? { exchange: '' }, findings.violations)],
])('every name of the spans of %s is in the document', (_, spans) => {
  expect(spans.length).toBeGreaterThan(0);
  expect(spans.flatMap(namesOf).filter((name) => !doc.includes(`\`${name}\``))).toEqual([]);
});

test('the document says which schema the names are of', () => {
  expect(doc).toContain(`\`${SDR_SCHEMA_URL}\``);
});
