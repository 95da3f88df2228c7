import { noTokens, type SessionRecord } from '@elida/contracts';
import { addRisk, NO_RISK } from '@elida/session';
import { describe, expect, test } from 'vitest';
import { redactRecord } from './redact-record.ts';
import { buildSdr } from './sdr.ts';
import { NO_FINDINGS } from './sdr-events.ts';

const record: SessionRecord = {
  sid: 'ses_abc',
  incarnation: 2,
  tenant: 'default',
  principal: 'key:ci',
  agent: 'claude-code',
  workflow: 'nightly',
  parent: '',
  tags: { team: 'red' },
  hintKind: 'claude-code',
  displayName: 'client-1a2b3c4d-anthropic',
  state: 'completed',
  epoch: 3,
  policy: 'base',
  backend: 'anthropic',
  backendsUsed: { openai: 1, anthropic: 11 },
  clientAddr: '10.0.0.5:12345',
  edge: 'edge-1',
  startedAt: 1_700_000_000_000,
  lastAt: 1_700_000_040_000,
  endedAt: 1_700_000_045_000,
  endReason: 'completed',
  untilAt: 0,
  reason: '',
  actor: '',
  requests: 12,
  bytesIn: 4500,
  bytesOut: 128_000,
  tokens: noTokens(),
  models: [],
  toolCounts: {},
  toolCalls: 0,
  violations: 0,
  captures: 0,
  risk: { score: 0, at: 0 },
  halfLifeMs: 0,
};

describe('the session detail record', () => {
  test("has the seed document's names and values", () => {
    const { name, startAt, endAt, attributes } = buildSdr(record, false);
    expect({ name, startAt, endAt }).toEqual({
      name: 'session.record',
      startAt: record.startedAt,
      endAt: record.endedAt,
    });
    expect(attributes).toMatchObject({
      'elida.session.id': 'ses_abc',
      'elida.session.state': 'completed',
      'elida.backend': 'anthropic',
      'elida.client.addr': '10.0.0.5:12345',
      'elida.duration.ms': 45_000,
      'elida.request.count': 12,
      'elida.bytes.in': 4500,
      'elida.bytes.out': 128_000,
      'elida.violations.count': 0,
      'elida.violations.rules': [],
      'elida.violations.max_severity': '',
      'elida.captures.count': 0,
    });
  });

  test('says what the seed does not: incarnation, who, which backends, why it ended, and the gen_ai names', () => {
    expect(buildSdr(record, false).attributes).toMatchObject({
      'elida.session.incarnation': 2,
      'elida.sdr.interim': false,
      'elida.principal': 'key:ci',
      'elida.agent': 'claude-code',
      'elida.backends.used': ['anthropic', 'openai'],
      'elida.end_reason': 'completed',
      'elida.tag.team': 'red',
      'gen_ai.conversation.id': 'ses_abc',
      'gen_ai.provider.name': 'anthropic',
    });
    expect(buildSdr({ ...record, backend: 'gemini' }, false).attributes['gen_ai.provider.name']).toBe('gcp.gemini');
  });

  test('says what was used: tokens as the conventions name them, models, tools; and where the ladder stood at the end', () => {
    const used: SessionRecord = {
      ...record,
      tokens: { input: 900, cachedInput: 600, cacheWriteInput: 200, output: 80, reasoningOutput: 30, estimated: 7 },
      models: [
        { backend: 'anthropic', model: 'small', requests: 2, tokens: noTokens() },
        { backend: 'anthropic', model: 'large', requests: 10, tokens: noTokens() },
      ],
      toolCounts: { Read: 3, Bash: 2 },
      toolCalls: 5,
      violations: 4,
      halfLifeMs: 45_000,
      risk: addRisk(NO_RISK, 40, record.startedAt, 45_000),
    };
    const findings = {
      ...NO_FINDINGS,
      rules: ['pii', 'shell'],
      maxSeverity: 'critical',
      actions: ['flag', 'terminate'],
    };
    expect(buildSdr(used, false, findings).attributes).toMatchObject({
      'elida.tokens.in': 900,
      'elida.tokens.out': 80,
      'elida.tokens.cached': 600,
      'elida.tokens.cache_write': 200,
      'elida.tokens.reasoning': 30,
      'elida.tokens.estimated': 7,
      'gen_ai.usage.input_tokens': 900,
      'gen_ai.usage.output_tokens': 80,
      'gen_ai.usage.cache_read.input_tokens': 600,
      'gen_ai.usage.cache_creation.input_tokens': 200,
      'gen_ai.usage.reasoning.output_tokens': 30,
      'gen_ai.request.model': 'large',
      'elida.models.used': ['anthropic/small', 'anthropic/large'],
      'elida.tools.calls': 5,
      'elida.tools.counts': ['Bash=2', 'Read=3'],
      'elida.violations.count': 4,
      'elida.violations.rules': ['pii', 'shell'],
      'elida.violations.max_severity': 'critical',
      'elida.violations.actions': ['flag', 'terminate'],
      'elida.risk.score': 20,
    });
  });

  test('of a record that an older version wrote says that nothing was used', () => {
    const { tokens: _, models: __, toolCounts: ___, toolCalls: ____, violations: _____, risk: ______, ...old } = record;
    expect(buildSdr(old as SessionRecord, false).attributes).toMatchObject({
      'elida.tokens.in': 0,
      'elida.tools.counts': [],
      'elida.risk.score': 0,
    });
  });

  test('of a killed session that has not ended counts up to its last exchange and says why', () => {
    const killed = { ...record, state: 'killed', endedAt: 0, endReason: '', reason: 'leaks' } as const;
    expect(buildSdr(killed, true).attributes).toMatchObject({
      'elida.sdr.interim': true,
      'elida.duration.ms': 40_000,
      'elida.session.kill_reason': 'leaks',
    });
    expect(buildSdr(killed, true).attributes).not.toHaveProperty('elida.end_reason');
  });
});

test('what a caller says of itself is redacted; ids, addresses and numbers are not touched', () => {
  const seen: unknown[] = [];
  const redactObject = <T>(value: T): T => {
    seen.push(value);
    return JSON.parse(JSON.stringify(value).replaceAll('sk-1', '[KEY]'));
  };
  const said = {
    ...record,
    displayName: 'sk-1',
    agent: 'a sk-1',
    workflow: 'sk-1',
    reason: 'sk-1',
    tags: { note: 'sk-1' },
    models: [{ backend: 'b', model: 'sk-1', requests: 2, tokens: noTokens() }],
    toolCounts: { 'sk-1': 2, '[KEY]': 1, Bash: 4 },
    sid: 'sk-1',
  };
  const kept = {
    displayName: '[KEY]',
    agent: 'a [KEY]',
    workflow: '[KEY]',
    reason: '[KEY]',
    tags: { note: '[KEY]' },
    models: [{ backend: 'b', model: '[KEY]', requests: 2, tokens: noTokens() }],
    toolCounts: { '[KEY]': 3, Bash: 4 },
    sid: 'sk-1',
  };
  expect(redactRecord(said, redactObject)).toEqual({ ...record, ...kept });
  expect(seen).toHaveLength(1);
});
