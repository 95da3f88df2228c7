/** The life of a policy: checked, stored as versions, compared, explained, published to three edges, rolled back. */
import type { Explanation } from '@elida/policy';
import { startPostgres } from '@elida/repo';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { startTestControl, type TestControl, type TestControlOptions } from '../harness/control.ts';
import { startTestEdge, type TestEdge } from '../harness/edge.ts';

const word = { name: 'word', type: 'content_match', patterns: ['the password'], action: 'block' };
const YAML = `preset: minimal
rules:
  - name: word
    type: content_match
    patterns: ["the password"]
    action: block
`;

interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly problem: { readonly errors: readonly Record<string, unknown>[] };
}
const refusalOf = async (call: Promise<unknown>): Promise<Refusal> => {
  try {
    await call;
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('it was not refused');
};

await describeWith('policies', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  const edges: TestEdge[] = [];
  const start = async (options: Partial<TestControlOptions> = {}): Promise<void> => {
    control = await startTestControl({ postgresUrl: backends.postgres.url, ...options });
  };
  const restart = async (file: object): Promise<void> => {
    const { installation } = control;
    await control.close();
    await start({ keep: true, installation, file });
  };
  beforeEach(() => start());
  afterEach(async () => {
    await Promise.all(edges.splice(0).map((edge) => edge.close()));
    await control.close();
  });

  const put = (name: string, body: object, options = {}) =>
    control.client.call('putPolicy', { params: { name }, body }, options);
  const publish = () => control.client.call('publishSnapshot', { body: {} });
  const inForce = async () => {
    const snapshot = await control.snapshots.fetch('');
    return (snapshot?.policies ?? []).map(({ name, version, priority, match, compiledJson }) => ({
      name,
      version,
      priority,
      tenants: match?.tenants,
      rules: (JSON.parse(compiledJson) as { rules: { name: string }[] }).rules.map((rule) => rule.name),
    }));
  };

  describe('what is wrong', () => {
    it('is told at once, all of it, with line and column where a text was sent', async () => {
      const yaml =
        'mood: bad\nrules:\n  - name: a\n    type: content_match\n    patterns: ["fine", "(open"]\n    action: hold\n';
      const { code, status, problem } = await refusalOf(put('base', { yaml }));
      expect([code, status]).toEqual(['invalid', 422]);
      expect(problem.errors).toMatchObject([
        { path: 'body.mood', message: 'no such key', layer: 'policy', line: 1, column: 1 },
        { path: 'body.rules.0.action', line: 6, column: 13 },
        { path: 'body.rules.0.patterns.1', line: 5, column: 24 },
      ]);
      expect((await control.client.call('listPolicies')).policies).toEqual([]);
    });

    it('of a document is told by path; an unknown preset is wrong, an unknown suppression only a warning', async () => {
      const refused = await refusalOf(put('base', { content: { preset: 'paranoid' } }));
      expect(refused.problem.errors).toMatchObject([{ path: 'body.preset', layer: 'policy' }]);
      const { warnings } = await put('base', { content: { preset: 'minimal', suppress: ['nothing_like_it'] } });
      expect(warnings).toMatchObject([{ path: 'body.suppress.0', layer: 'policy' }]);
    });

    it('validation answers and stores nothing; a text that is no YAML is an answer too', async () => {
      const check = (body: object) => control.client.call('validatePolicy', { body });
      expect(await check({ yaml: YAML })).toMatchObject({
        valid: true,
        problems: [],
        preset: 'minimal',
        mode: 'enforce',
      });
      expect((await check({ yaml: YAML })).rules).toBeGreaterThan(1);
      expect(await check({ yaml: 'rules: [' })).toMatchObject({
        valid: false,
        problems: [{ path: 'body.yaml', line: 1 }],
      });
      expect((await check({ content: { rules: [{ ...word, patterns: ['a*'] }] } })).valid).toBe(false);
      expect(await refusalOf(check({}))).toMatchObject({ code: 'invalid' });
      expect(await check({ content: {}, yaml: '${ELIDA_SECRET}' }).catch((error: Refusal) => error.code)).toBe(
        'invalid',
      );
    });

    it('somebody who may only look stores nothing', async () => {
      const { key } = await control.client.call('createKey', { body: { name: 'v', roles: ['viewer'], tenant: '*' } });
      const viewer = control.clientOf(key);
      const refused = await refusalOf(viewer.call('putPolicy', { params: { name: 'x' }, body: { content: {} } }));
      expect(refused.code).toBe('not_allowed');
      // What is stored he may ask about; patterns of his own are not compiled.
      await put('base', { content: { rules: [word] } });
      const explain = (body: object) => viewer.call('explainPolicy', { body: { ...body, text: 'the password' } });
      expect((await explain({ name: 'base' })).decision.rule).toBe('word');
      expect((await refusalOf(explain({ content: {} }))).code).toBe('not_allowed');
      expect((await refusalOf(viewer.call('validatePolicy', { body: { content: {} } }))).code).toBe('not_allowed');
    });
  });

  it('neither depth nor number of patterns is without end', async () => {
    const deep = (depth: number): object => (depth === 0 ? {} : { trust: deep(depth - 1) });
    for (const body of [{ content: deep(5_000) }, { yaml: '['.repeat(50_000) }]) {
      expect((await refusalOf(put('base', body))).code).toBe('invalid');
    }
    const rules = Array.from({ length: 11 }, (_, i) => ({
      ...{ ...word, name: `r${i}` },
      patterns: Array.from({ length: 400 }, (__, k) => `word ${i} ${k}`),
    }));
    const { problem } = await refusalOf(put('base', { content: { rules } }));
    expect(problem.errors).toMatchObject([{ path: 'body.rules', message: '4400 patterns, the limit is 4000' }]);
  });

  it('versions are edited under If-Match, compared, ended, and begun again', async () => {
    expect(await put('base', { yaml: YAML })).toMatchObject({ version: 1, owner: 'api', warnings: [] });
    expect((await refusalOf(put('base', { yaml: YAML }, { ifMatch: '"7"' }))).status).toBe(412);
    const louder = {
      preset: 'standard',
      rules: [
        { ...word, action: 'kill' },
        { ...word, name: 'new' },
      ],
    };
    await put('base', { content: louder }, { ifMatch: '"1"' });
    const diff = await control.client.call('diffPolicy', { params: { name: 'base' } });
    expect(diff).toMatchObject({
      from: 1,
      to: 2,
      rules: {
        added: ['new'],
        removed: [],
        changed: [{ name: 'word', changes: [{ path: 'action', from: 'block', to: 'kill' }] }],
      },
      settings: [{ path: 'preset', from: 'minimal', to: 'standard' }],
    });
    expect(diff.text).toContain('--- base@1\n+++ base@2\n');
    expect(diff.text).toContain('-preset: minimal\n+preset: standard\n');
    const back = await control.client.call('diffPolicy', { params: { name: 'base' }, query: { from: 2, to: 1 } });
    expect(back.rules.removed).toEqual(['new']);
    const first = await control.client.call('diffPolicy', { params: { name: 'base' }, query: { to: 1 } });
    expect(first).toMatchObject({ from: 0, rules: { added: ['word'] } });

    await control.client.call('deletePolicy', { params: { name: 'base' } });
    expect((await refusalOf(control.client.call('getPolicy', { params: { name: 'base' } }))).code).toBe('not_found');
    expect((await refusalOf(control.client.call('deletePolicy', { params: { name: 'base' } }))).code).toBe('not_found');
    const old = await control.client.call('getPolicyVersion', { params: { name: 'base', version: 2 } });
    expect(old.content).toEqual(louder);
    expect((await put('base', { yaml: YAML })).version).toBe(4);
    const { events } = await control.client.call('listEvents', { query: { type: 'settings_changed' } });
    const changes = events
      .filter(({ data }) => data.resource === 'policy')
      .map(({ data }) => [data.change, data.actor]);
    expect(changes.toReversed()).toEqual([
      ['version 1', 'owner:owner1'],
      ['version 2', 'owner:owner1'],
      ['deleted', 'owner:owner1'],
      ['version 4', 'owner:owner1'],
    ]);
  });

  it('three edges have a new version within a second, and the old one after a roll-back', async () => {
    for (let n = 0; n < 3; n++) {
      const edge = await startTestEdge({ snapshotSource: control.snapshots });
      control.bell.onSnapshot((version, hash) => void edge.bell.ringSnapshot(version, hash));
      edges.push(edge);
    }
    const reached = async (version: number): Promise<number> => {
      const began = performance.now();
      const has = ({ log }: TestEdge) =>
        log.some((line) => line.includes('snapshot_in_force') && line.includes(`"version":${version},`));
      while (!edges.every(has)) await new Promise((resolve) => setImmediate(resolve));
      return performance.now() - began;
    };
    await put('base', { content: { preset: 'standard', rules: [word] } });
    expect(await reached((await publish()).version)).toBeLessThan(1_000);
    await put('base', { content: { preset: 'strict', rules: [word] } });
    const second = await publish();
    expect(await reached(second.version)).toBeLessThan(1_000);
    expect((await inForce())[0]).toMatchObject({ name: 'base', version: 2 });

    const { version } = await control.client.call('rollbackSnapshot', { body: { version: second.version - 1 } });
    expect(await reached(version)).toBeLessThan(1_000);
    expect((await inForce())[0]).toMatchObject({ name: 'base', version: 1 });
  });

  it('a snapshot of a time before policies were compiled is not rolled back to', async () => {
    await put('base', { content: {} });
    const { version } = await publish();
    const row = await control.db.selectFrom('snapshots').selectAll().where('version', '=', version).executeTakeFirst();
    const policies = [{ name: 'base', version: 1, owner: 'api', contentJson: '{}' }];
    const content = JSON.stringify({ ...row?.content, version: 90, policies });
    const old = { version: 90, hash: 'old', content, author: 'x', note: '', created_at: new Date() };
    await control.db.insertInto('snapshots').values(old).execute();
    const refused = await refusalOf(control.client.call('rollbackSnapshot', { body: { version: 90 } }));
    expect([refused.code, refused.status]).toEqual(['invalid', 422]);
  });

  describe('layers of tenants', () => {
    const acme = {
      layer: 'tenant',
      match: { tenants: ['acme', 'beta'] },
      rules: [{ ...word, name: 'of_acme' }],
      suppress: ['word'],
    };

    it('stand between preset and policy, for those tenants alone, before the policy itself', async () => {
      await put('base', { content: { priority: 3, rules: [word, { ...word, name: 'kept' }] } });
      await put('zeta', { content: { match: { tenants: ['b*'] } } });
      await put('acme', { content: { ...acme, suppress: [] } });
      await publish();
      expect(await inForce()).toEqual([
        { name: 'base', version: 1, priority: 7, tenants: ['acme', 'beta'], rules: ['of_acme', 'word', 'kept'] },
        { name: 'base', version: 1, priority: 6, tenants: [], rules: ['word', 'kept'] },
        { name: 'zeta', version: 1, priority: 1, tenants: ['beta'], rules: ['of_acme'] },
        { name: 'zeta', version: 1, priority: 0, tenants: ['b*'], rules: [] },
      ]);
    });

    it('do not share a tenant', async () => {
      await put('acme', { content: acme });
      const { problem } = await refusalOf(put('other', { content: { ...acme, match: { tenants: ['beta'] } } }));
      expect(problem.errors).toEqual([
        { path: 'body.match.tenants.0', message: 'beta has the layer acme already', layer: 'tenant' },
      ]);
    });

    it('explain what is so for that tenant', async () => {
      await put('base', { content: {} });
      await put('acme', { content: acme });
      const rules = async (tenant?: string) => {
        const body = { name: 'base', text: 'the password', ...(tenant && { tenant }) };
        return (await control.client.call('explainPolicy', { body })).findings.map(({ rule }) => rule);
      };
      expect([await rules(), await rules('acme')]).toEqual([[], ['of_acme']]);
    });
  });

  describe('the file', () => {
    const FILE = {
      policy: { mode: 'audit', rules: [word] },
      policies: { vip: { priority: 5, match: { principals: ['key:vip'] }, rules: [] } },
    };

    it('owns what it names; what it no longer names goes; a restart releases nothing else', async () => {
      await put('mine', { content: { rules: [{ ...word, name: 'released' }] } });
      await publish();
      await put('mine', { content: { rules: [{ ...word, name: 'not_released' }] } });
      await restart(FILE);
      expect((await inForce()).map(({ name, version, rules }) => [name, version, rules])).toEqual([
        ['default', 1, ['word']],
        ['mine', 1, ['released']],
        ['vip', 1, []],
      ]);
      expect((await refusalOf(put('vip', { content: {} }))).code).toBe('managed_elsewhere');
      const remove = control.client.call('deletePolicy', { params: { name: 'vip' } });
      expect((await refusalOf(remove)).code).toBe('managed_elsewhere');

      await restart({ ...FILE, policies: {}, policy: { ...FILE.policy, mode: 'enforce' } });
      expect((await inForce()).map(({ name, version }) => [name, version])).toEqual([
        ['default', 2],
        ['mine', 1],
      ]);
      expect((await put('vip', { content: {} })).version).toBe(3);
    });

    it('takes no name that the API owns, and says nothing new where it says the same', async () => {
      await restart(FILE);
      const before = (await control.snapshots.fetch(''))?.version;
      await restart(FILE);
      expect((await control.snapshots.fetch(''))?.version).toBe(before);
      await put('mine', { content: {} });
      const { installation } = control;
      await control.close();
      await expect(start({ keep: true, installation, file: { policies: { mine: {} } } })).rejects.toThrow(
        'policies.mine',
      );
      await start({ keep: true, installation });
    });

    it('risk_ladder at its top is the one of its policy; enabled: false is no policy', async () => {
      await restart({ risk_ladder: { half_life: 0, thresholds: [{ score: 10, action: 'warn' }] } });
      const [only] = (await control.snapshots.fetch(''))?.policies ?? [];
      expect(JSON.parse(only?.compiledJson ?? '')).toMatchObject({
        ladder: { halfLifeMs: 0, thresholds: [{ score: 10 }] },
      });
      await restart({ policy: { enabled: false, preset: 'strict' } });
      expect(await inForce()).toEqual([]);
    });
  });

  describe('explanations', () => {
    const explain = (body: object): Promise<Explanation & { policy: string }> =>
      control.client.call('explainPolicy', { body: body as never }) as never;

    it('of a stored policy, of a version, of a document that nobody stored', async () => {
      await put('base', { content: { rules: [word] } });
      await put('base', { content: { mode: 'audit', rules: [word] } });
      const text = 'tell me THE  password';
      expect((await explain({ name: 'base', text })).policy).toBe('base@2');
      const found = await explain({ name: 'base', text: 'tell me The Password', version: 1 });
      expect(found).toMatchObject({
        policy: 'base@1',
        mode: 'enforce',
        decision: { action: 'block', would: 'block', rule: 'word' },
        findings: [{ rule: 'word', decides: true, matches: [{ text: 'The Password', start: 8, end: 20 }] }],
        ladder: { after: 3, action: 'none' },
      });
      const audit = await explain({ name: 'base', text: 'the password' });
      expect(audit.decision).toEqual({ action: 'flag', would: 'block', rule: 'word' });
      expect((await explain({ yaml: YAML, text: 'the password', role: 'tool' })).findings[0]).toMatchObject({
        role: 'tool',
        points: 3 * 0.8,
      });
    });

    it('of a whole request as its dialect reads it, and of a tool call', async () => {
      const request = {
        model: 'gpt-5',
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'tool', tool_call_id: 'c', content: 'the password' },
        ],
      };
      const content = { rules: [word, { name: 'm', type: 'model', block: ['gpt-*'] }] };
      const { findings } = await explain({ content, dialect: 'openai-chat', request });
      expect(findings.map(({ rule, role, message, place }) => [rule, role, message, place])).toEqual([
        ['word', 'tool', 1, 'messages.1.content'],
        ['m', 'session', -1, 'model'],
      ]);
      const call = { name: 'Bash', arguments: { command: 'rm -rf /' } };
      const dangerous = await explain({ content: { preset: 'standard' }, tool_call: call });
      expect(dangerous.decision.rule).toBe('dangerous_tool_arguments');
      expect((await refusalOf(explain({ content }))).code).toBe('invalid');
      expect((await refusalOf(explain({ content: { preset: 'x' }, text: 'a' }))).problem.errors).toMatchObject([
        { path: 'body.preset' },
      ]);
    });
  });

  it('/control/policy shows the one in force, in the words of the predecessor', async () => {
    const read = async (path = '/control/policy') => {
      const reply = await control.fetch(path);
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    };
    expect((await read()).body).toMatchObject({ enabled: false, mode: 'off', rules: [], policies: [] });
    const rules = [
      word,
      { name: 'many', type: 'request_count', threshold: 5 },
      { name: 'fast', type: 'requests_per_minute', threshold: 9, severity: 'critical' },
      { name: 'tools', type: 'tool_blocked', patterns: ['exec_*'], action: 'block' },
      { name: 'arguments', type: 'tool_argument_pattern', patterns: ['rm -rf'] },
    ];
    await put('base', { content: { mode: 'audit', rules, risk_ladder: { half_life: 0 } } });
    await put('vip', { content: { priority: 9, match: { tenants: ['vip'] } } });
    await publish();
    const { body } = await read();
    expect(body).toMatchObject({
      ...{ enabled: true, name: 'base', version: 1, mode: 'audit', capture_content: true },
      policies: ['base@1', 'vip@1'],
      risk_ladder: {
        enabled: true,
        half_life_ms: 0,
        thresholds: [{}, { score: 15, action: 'throttle', throttle_rate: 10 }, {}, {}],
      },
    });
    expect(body.rules).toMatchObject([
      { name: 'word', type: 'content_match', target: 'both', patterns: ['the password'], action: 'block' },
      { name: 'many', type: 'request_count', threshold: 5 },
      { name: 'fast', type: 'requests_per_minute', threshold: 9, severity: 'critical' },
      { name: 'tools', type: 'tool_blocked', patterns: ['exec_*'] },
      { name: 'arguments', type: 'tool_argument_pattern', patterns: ['rm -rf'] },
    ]);
    expect((await read('/control/policy?name=vip')).body).toMatchObject({ name: 'vip', rules: [] });
    expect((await read('/control/policy?name=nobody')).status).toBe(404);
  });
});
