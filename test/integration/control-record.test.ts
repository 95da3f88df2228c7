/** The record's faces: events, history, time series, proofs; a control plane and an audit worker on a real PostgreSQL. */
import { createHash } from 'node:crypto';
import { type EventType, encodeBatch } from '@elida/contracts';
import { newSalt } from '@elida/kernel';
import { encodeRecord, leafHash, verifyConsistency, verifyInclusion } from '@elida/record';
import { startPostgres } from '@elida/repo';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditEvent, newSessionId } from '../harness/audit.ts';
import { describeWith } from '../harness/backends.ts';
import { OWNER_KEY } from '../harness/control.ts';
import { type Json, MADE, many, patient, RecordUnderTest } from '../harness/record.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const events = (body: Json): Json[] => body.events as Json[];
const ids = (body: Json): unknown[] => events(body).map(({ event_id }) => event_id);

await describeWith('the record', { postgres: () => startPostgres({ own: true }) }, (backends) => {
  let record: RecordUnderTest;
  beforeAll(async () => {
    record = await RecordUnderTest.start(backends.postgres.url);
  });
  afterAll(() => record?.close());
  beforeEach(() => record.newTenant());

  describe('/control/events', () => {
    it('answers the seeds’ examples as they are written', async () => {
      const [abc, other] = [newSessionId(), newSessionId()];
      await record.send([
        { session: abc, type: 'session_started' },
        {
          session: abc,
          type: 'violation_detected',
          severity: 'critical',
          data: { rule_name: 'prompt_injection_ignore', matched_text: '[REDACTED]', action: 'block' },
        },
        { session: abc, type: 'session_ended' },
        { session: other, type: 'session_started', occurredAt: Date.now() - DAY_MS },
        { session: other, type: 'violation_detected', severity: 'warning' },
      ]);
      const found = (path: string) => record.get(`/control/events${path}`).then(({ body }) => body);
      expect(await found('')).toMatchObject({ count: 5 + MADE });
      expect(events(await found(`?session_id=${abc}`)).map(({ type }) => type)).toEqual([
        'session_ended',
        'violation_detected',
        'session_started',
      ]);
      expect(await found('?type=violation_detected')).toMatchObject({ count: 2 });
      expect(await found('?event_type=violation_detected&severity=critical')).toMatchObject({
        count: 1,
        events: [
          {
            id: expect.any(Number),
            event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
            type: 'violation_detected',
            event_type: 'violation_detected',
            session_id: abc,
            severity: 'critical',
            data: { rule_name: 'prompt_injection_ignore', matched_text: '[REDACTED]', action: 'block' },
          },
        ],
      });
      const hour = (ago: number): string => new Date(Date.now() - ago * HOUR_MS).toISOString();
      expect(await found(`?since=${hour(25)}&until=${hour(23)}`)).toMatchObject({ count: 1 });
      expect(await found('?limit=2&offset=1')).toMatchObject({ count: 2, limit: 2, offset: 1 });
      expect(await found('?limit=2&offset=100')).toMatchObject({ count: 0, events: [] });
      expect(await found(`/${abc}`)).toMatchObject({ session_id: abc, count: 3 });
      expect(await found(`/${abc}?type=session_ended`)).toMatchObject({ count: 1 });
      expect(await found('/stats')).toEqual({
        total_events: 5 + MADE,
        unique_session_ids: 2,
        events_by_type: { key_created: MADE, session_started: 2, session_ended: 1, violation_detected: 2 },
        events_by_severity: { info: 3 + MADE, warning: 1, critical: 1 },
      });
      expect(await found(`/stats?until=${hour(23)}`)).toMatchObject({ total_events: 1, unique_session_ids: 1 });
    });

    it('pages by cursor have every event once while others come in', async () => {
      const session = newSessionId();
      const before = await record.send(many(session, 25));
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const { body } = await record.get(`/control/events?session_id=${session}&limit=7&cursor=${cursor}`);
        seen.push(...ids(body));
        cursor = String(body.next_cursor);
        await record.send(many(session, 3));
      } while (cursor !== '');
      expect(seen).toEqual(before.map(({ eventId }) => eventId).toReversed());
    });

    it('of another tenant nothing is shown, counted or proven', async () => {
      const session = newSessionId();
      const [event] = await record.send(many(session, 3));
      await record.logged(3 + MADE);
      const theirs = await record.control.client.call('createKey', {
        body: { name: 't', roles: ['owner'], tenant: 'theirs' },
      });
      const asked = async (path: string) => (await record.get(path, theirs.key)).status;
      expect((await record.get(`/control/events?session_id=${session}`, theirs.key)).body).toMatchObject({ count: 0 });
      expect((await record.get('/control/events/stats', theirs.key)).body).toMatchObject({ unique_session_ids: 0 });
      expect(await asked(`/api/v1/log/proof/${event?.eventId}`)).toBe(404);
      expect(await asked(`/control/sessions/${session}/integrity`)).toBe(404);
      for (const path of ['/api/v1/log', '/api/v1/export', '/api/v1/log/checkpoints', '/api/v1/history/timeseries'])
        expect(await asked(`${path}?tenant=${record.tenant}`), path).toBe(403);
      // What concerns every tenant is for those who are confined to none.
      expect(await asked('/api/v1/audit/parked')).toBe(403);
    });
  });

  it('time series say when it happened, interval by interval, also those without anything', async () => {
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const [a, b] = [newSessionId(), newSessionId()];
    const at = (ago: number, type: EventType, session: string, data: Json = {}) => ({
      ...{ occurredAt: hour - ago * HOUR_MS + 1_000, type, session, data },
    });
    const exchange = { outcome: 'completed', status: 200, bytes_in: 10, bytes_out: 100 };
    await record.send([
      at(3, 'session_started', a),
      at(3, 'exchange', a, exchange),
      at(3, 'tokens_used', a, { input_tokens: 7, output_tokens: 5 }),
      at(3, 'exchange', b, { ...exchange, outcome: 'refused', status: 403 }),
      at(1, 'exchange', a, { ...exchange, status: 529 }),
      at(1, 'violation_detected', a),
      at(1, 'session_ended', a),
    ]);
    const since = new Date(hour - 3 * HOUR_MS).toISOString();
    const until = new Date(hour).toISOString();
    const quiet = { session_count: 0, sessions_started: 0, sessions_ended: 0, request_count: 0, bytes_in: 0 };
    const none = { ...quiet, bytes_out: 0, tokens_in: 0, tokens_out: 0, violations: 0, errors: 0 };
    const points = [
      {
        ...{ ...none, timestamp: since, session_count: 2, sessions_started: 1, request_count: 2, bytes_in: 20 },
        ...{ bytes_out: 200, tokens_in: 7, tokens_out: 5, errors: 1 },
      },
      { ...none, timestamp: new Date(hour - 2 * HOUR_MS).toISOString() },
      {
        ...{ ...none, timestamp: new Date(hour - HOUR_MS).toISOString(), session_count: 1, sessions_ended: 1 },
        ...{ request_count: 1, bytes_in: 10, bytes_out: 100, violations: 1, errors: 1 },
      },
    ];
    for (const face of ['/control', '/api/v1']) {
      const { body } = await record.get(`${face}/history/timeseries?interval=hour&since=${since}&until=${until}`);
      expect(body).toEqual({ interval: 'hour', since, until, points });
    }
    expect((await record.get('/control/history/timeseries?interval=day')).body.points).toHaveLength(2);
    expect(await record.get('/control/history/timeseries?interval=minute&since=2020-01-01T00:00:00Z')).toMatchObject({
      status: 422,
      body: { error: 'invalid' },
    });
  });

  describe('proofs', () => {
    it('an inclusion proof leads from the leaf’s bytes to the root that the key has signed', async () => {
      const session = newSessionId();
      const sentEvents = await record.send(many(session, 300));
      await record.logged(300 + MADE);
      for (const event of [sentEvents[0], sentEvents[137], sentEvents[299]]) {
        const proof = await record.client().call('getInclusionProof', { params: { event_id: event?.eventId ?? '' } });
        const [leaf, root] = [Buffer.from(proof.leaf ?? '', 'base64'), Buffer.from(proof.root, 'base64')];
        const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
        const place = { index: proof.index, size: proof.size, leafHash: leafHash(leaf), root };
        expect(verifyInclusion(place, hashes)).toBe(true);
        expect(verifyInclusion({ ...place, leafHash: leafHash(Buffer.from('another')) }, hashes)).toBe(false);
        expect(proof.note).toContain(`\n${proof.size}\n${proof.root}\n`);
        // The seeds' form: siblings with their sides, up to the same root.
        const { body } = await record.get(`/control/events/${session}/${event?.eventId}/proof`);
        const step = (hash: Buffer, { position, hash: sibling }: Json): Buffer => {
          const other = Buffer.from(String(sibling), 'hex');
          const pair = position === 'left' ? [other, hash] : [hash, other];
          return createHash('sha256')
            .update(Buffer.concat([Buffer.of(1), ...pair]))
            .digest();
        };
        const start = createHash('sha256')
          .update(Buffer.concat([Buffer.of(0), leaf]))
          .digest();
        expect((body.sibling_path as Json[]).reduce(step, start).toString('hex')).toBe(body.root_hash);
        expect(body.root_hash).toBe(root.toString('hex'));
      }
    });

    it('a consistency proof holds between any two checkpoints, and for none that was not', async () => {
      for (const count of [3, 300, 41]) {
        const before = record.sent;
        await record.send(many(newSessionId(), count));
        await record.logged(before + count + MADE);
      }
      const { checkpoints: listed } = await record.client().call('listCheckpoints', { query: { limit: 100 } });
      expect(listed.length).toBeGreaterThanOrEqual(3);
      const [last] = listed;
      for (const earlier of listed) {
        const proof = await record.client().call('getConsistencyProof', { query: { from: earlier.size } });
        const head = ({ size, root }: { size: number; root: string }) => ({ size, root: Buffer.from(root, 'base64') });
        const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
        expect(proof.from.root).toBe(earlier.root);
        expect(proof.to).toMatchObject({ size: last?.size, root: last?.root, note: last?.note });
        expect(verifyConsistency(head(proof.from), head(proof.to), hashes)).toBe(true);
      }
      expect((await record.get(`/api/v1/log/consistency?from=${(last?.size ?? 0) + 1}`)).status).toBe(404);
    });

    it('of a session: what is stored is what was signed, until somebody changes it', async () => {
      const session = newSessionId();
      const [first] = await record.send(many(session, 20));
      await record.logged(20 + MADE);
      for (const path of [`/control/sessions/${session}/integrity`, `/control/history/${session}/integrity`])
        expect((await record.get(path)).body).toMatchObject({
          event_count: 20,
          waiting: 0,
          verified: true,
          altered: [],
        });
      await record.tamper(
        'events',
        sql`update events set leaf = set_byte(leaf, 3, 255 - get_byte(leaf, 3)) where event_id = ${first?.eventId}`,
      );
      const { body } = await record.get(`/control/sessions/${session}/integrity`);
      expect(body).toMatchObject({ verified: false, altered: [first?.eventId] });
      // Also where the hash in the tree was made to fit.
      await record.tamper(
        'log_entries',
        sql`update log_entries l set leaf_hash = sha256('\\x00'::bytea || e.leaf) from events e
          where e.event_id = l.event_id and l.event_id = ${first?.eventId}`,
      );
      expect((await record.get(`/control/sessions/${session}/integrity`)).body).toMatchObject({ verified: false });
      expect((await record.client().call('listLogs')).logs[0]?.alarms.map(({ name }) => name)).toEqual(['altered']);
    });
  });

  describe('the commands', () => {
    it('events list, show, stats', async () => {
      const session = newSessionId();
      const [first] = await record.send([
        { session, type: 'violation_detected', severity: 'critical', data: { rule_name: 'falcon' } },
        { session, type: 'session_ended' },
      ]);
      const list = await record.run('events', 'list', '--session', session, '--severity', 'critical', '--since', '1h');
      expect(list.code, list.stderr).toBe(0);
      expect(list.stdout).toContain('rule_name=falcon');
      const json = JSON.parse((await record.run('events', 'list', '--limit', '1', '--json')).stdout) as Json;
      expect(json).toMatchObject({ events: [{ type: 'session_ended' }], next_cursor: expect.stringMatching(/^\d+$/) });
      expect((await record.run('events', 'show', first?.eventId ?? '')).stdout).toMatch(/data\.rule_name +falcon/);
      expect(await record.run('events', 'show', first?.eventId.replace(/.$/, 'z') ?? '')).toMatchObject({ code: 2 });
      expect(JSON.parse((await record.run('events', 'stats', '--json')).stdout)).toMatchObject({
        total_events: 2 + MADE,
      });
      expect((await record.run('events', 'stats')).stdout).toContain(`${2 + MADE} events of 1 session`);
      expect(await record.run('events', 'list', '--since', 'yesterday')).toMatchObject({ code: 2 });
    });

    it('log show and proof', async () => {
      const [event] = await record.send(many(newSessionId(), 3));
      await record.logged(3 + MADE);
      const shown = await record.run('log', 'show');
      expect(shown.stdout).toMatch(new RegExp(`leaves +${3 + MADE}\n`));
      const proof = await record.run('log', 'proof', event?.eventId ?? '');
      expect(proof.stdout).toMatch(/root +\S{44}/);
    });

    it('audit parked lists what could not be stored and has it tried again; that is on record', async () => {
      const run = (...args: string[]) => record.runAs(OWNER_KEY, ...args);
      const odd = auditEvent('', ++record.sent, {
        tenant: record.tenant,
        producer: record.producer,
        severity: 'odd' as 'info',
      });
      await record.worker.queue.send(encodeBatch(record.producer, [encodeRecord(odd, newSalt)]));
      const parked = async () =>
        JSON.parse((await run('audit', 'parked', 'list', '--json')).stdout) as { parked: Json[] };
      await expect.poll(async () => (await parked()).parked, patient).toMatchObject([{ error: 'unknown severity' }]);
      expect(await run('audit', 'parked', 'replay')).toMatchObject({
        code: 0,
        stdout: '1 batch will be tried again\n',
      });
      const { events: said } = await record.control.client.call('listEvents', { query: { type: 'settings_changed' } });
      expect(said[0]?.data).toMatchObject({ resource: 'parked batches', name: 'all', change: 'replay' });
      expect((await run('audit', 'dead', 'list')).stdout).toBe('none\n');
      expect(await run('audit', 'dead', 'replay')).toMatchObject({ code: 2 });
    });
  });
});
