/**
 * The failure table of docs/failure-table.md, row by row: three edges, control plane and audit worker as processes, with real
 * Redis, NATS and PostgreSQL, each stopped, frozen, wiped or killed.
 */
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frozen, oneBackend, type Rig, startRig, until } from '../harness/rig.ts';

const CONFIG = (provider: string): string =>
  `${oneBackend(provider)}session:\n  kill_block: { mode: duration, duration: 1h }\n`;

let serial = 0;
const fresh = (name: string): string => `${name}-${++serial}`;

describe('when something is gone', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await startRig(CONFIG);
  });
  afterAll(async () => {
    await rig?.stop();
  });

  const sid = async (name: string): Promise<string> => (await rig.ask(0, name)).headers['x-elida-session-id'] as string;

  async function rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: rig.cluster.postgres.url });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** Each edge finds out by itself that a store is back. */
  const letIn = (): Promise<void> =>
    until('every edge lets in again', async () => {
      const answers = await Promise.all([0, 1, 2].map((edge) => rig.ask(edge, fresh('after'))));
      return answers.every(({ status }) => status === 200);
    });

  /** Killed on edge 0, it is refused on every edge. */
  async function refusedEverywhere(name: string): Promise<void> {
    for (const edge of [0, 1, 2]) {
      const answer = await rig.ask(edge, name);
      expect([answer.status, answer.headers['x-elida-code']]).toEqual([403, 'session_killed']);
    }
  }

  it('a killed session is refused 1,000 times over all edges, and the provider sees none of it', async () => {
    const name = fresh('reconnect');
    const stream = await rig.stream(0, name);
    await rig.order('kill', stream.session);
    await stream.ended;
    const served = rig.provider.served();
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => rig.ask(n % 3, name)));
      expect(answers.every(({ status }) => status === 403)).toBe(true);
    }
    expect(rig.provider.served()).toBe(served);
  });

  it('NATS stopped: a kill reaches every edge by the order stream within a second, once, and the bell works again', async () => {
    const [down, up] = [fresh('nats-down'), fresh('nats-up')];
    const streams = await Promise.all([0, 1, 2].map((edge) => rig.stream(edge, down)));
    await rig.cluster.halt('nats');
    const begun = performance.now();
    const { reply, status } = await rig.order('kill', streams[0]?.session ?? '');
    expect([status, reply.durable]).toEqual([200, true]);
    for (const stream of streams) {
      const { at, text } = await stream.ended;
      expect(at - begun).toBeLessThan(1_000);
      expect(text).toContain('a test of faults');
    }
    await refusedEverywhere(down);
    expect((await rig.ask(1, fresh('other'))).status).toBe(200);

    await rig.cluster.revive('nats');
    await until('all edges answer the bell again', async () => {
      const { session } = await rig.stream(2, fresh('probe'));
      return (await rig.order('kill', session)).reply.edges.acked === 3;
    });
    const stream = await rig.stream(1, up);
    expect((await rig.order('kill', stream.session)).reply).toMatchObject({ exchanges_cut: 1 });
    // The order of the time without a bell came by the stream, and only once.
    for (const [session, expected] of [
      [streams[0]?.session, 3],
      [stream.session, 1],
    ] as const) {
      const cut = async (): Promise<number> => {
        const found = await rows<{ cut: number }>(
          `select (data->>'exchanges_cut')::int cut from events where type = 'kill_applied' and session = $1`,
          [session],
        );
        return found.reduce((sum, row) => sum + row.cut, 0);
      };
      await until('each cut is recorded', async () => (await cut()) >= expected);
      expect(await cut()).toBe(expected);
    }
  });

  it('NATS frozen: nothing on the data path waits for it', async () => {
    await frozen(rig.cluster.nats.pid, async () => {
      const name = fresh('nats-frozen');
      const stream = await rig.stream(0, name);
      const begun = performance.now();
      await rig.order('kill', stream.session);
      expect((await stream.ended).at - begun).toBeLessThan(1_500);
      expect((await rig.ask(1, fresh('other'))).elapsedMs).toBeLessThan(1_000);
    });
  });

  it('Redis frozen: new exchanges get 503 in bounded time, running streams go on, and the bell still cuts', async () => {
    const [name, doomed] = [fresh('redis-frozen'), fresh('redis-frozen-doomed')];
    const stream = await rig.stream(0, name);
    const cut = await rig.stream(1, doomed);
    await frozen(rig.cluster.redis.pid, async () => {
      const before = stream.bytes();
      for (const edge of [0, 1, 2]) {
        const answer = await rig.ask(edge, name);
        expect([answer.status, answer.headers['x-elida-code']]).toEqual([503, 'store_unavailable']);
        expect(answer.headers['retry-after']).toBeDefined();
        expect(answer.elapsedMs).toBeLessThan(1_000);
      }
      await rig.order('kill', cut.session);
      expect((await cut.ended).text).toContain('a test of faults');
      expect(stream.bytes()).toBeGreaterThan(before);
    });
    await letIn();
    await until('the kill given meanwhile is in force', async () => (await rig.ask(2, doomed)).status === 403);
    await rig.order('kill', stream.session);
    await stream.ended;
  });

  it('Redis stopped and started: kills and blocks are kept', async () => {
    const name = fresh('redis-restart');
    await rig.order('kill', await sid(name));
    await rig.cluster.halt('redis');
    expect((await rig.ask(0, fresh('refused'))).status).toBe(503);
    await rig.cluster.revive('redis');
    await letIn();
    await refusedEverywhere(name);
  });

  it('Redis wiped: kills, terminations and blocks are rebuilt from Postgres before anybody is let in', async () => {
    const [killed, terminated] = [fresh('wiped-kill'), fresh('wiped-terminate')];
    await rig.order('kill', await sid(killed));
    await rig.order('terminate', await sid(terminated));
    const redis = new Redis(rig.cluster.redis.url);
    await redis.flushall();
    redis.disconnect();
    const seen = new Set<number>();
    await until('edges let in again', async () => {
      seen.add((await rig.ask(0, killed)).status);
      return (await rig.ask(1, fresh('after'))).status === 200;
    });
    await letIn();
    // Never a moment in which the killed session got through.
    expect([...seen].every((status) => status === 403 || status === 503)).toBe(true);
    await refusedEverywhere(killed);
    expect((await rig.ask(2, terminated)).headers['x-elida-code']).toBe('session_terminated');
  });

  it('Postgres stopped: traffic is unaffected; a kill works, says durable: false, and is written on return', async () => {
    const name = fresh('postgres-down');
    const stream = await rig.stream(0, name);
    await rig.cluster.halt('postgres');
    expect((await rig.ask(1, fresh('other'))).status).toBe(200);
    const { reply, elapsedMs } = await rig.order('kill', stream.session);
    expect(reply.durable).toBe(false);
    expect(elapsedMs).toBeLessThan(2_000);
    expect((await stream.ended).text).toContain('a test of faults');
    await refusedEverywhere(name);
    await rig.cluster.revive('postgres');
    await until('the order is written', async () => {
      const found = await rows('select 1 from control_orders where id = $1', [reply.order_id]);
      return found.length === 1;
    });
    expect(await rows('select 1 from blocks where id = $1 and lifted_at is null', [reply.order_id])).toHaveLength(1);
  });

  it('Postgres frozen: traffic is unaffected, and a kill does not hang', async () => {
    const stream = await rig.stream(0, fresh('postgres-frozen'));
    await frozen(rig.cluster.postgres.pid, async () => {
      expect((await rig.ask(1, fresh('other'))).status).toBe(200);
      const { elapsedMs } = await rig.order('kill', stream.session);
      expect(elapsedMs).toBeLessThan(3_000);
      await stream.ended;
    });
  });

  it('control plane killed: traffic is unaffected, kills stay in force, and it comes back to the same state', async () => {
    const name = fresh('control-killed');
    await rig.order('kill', await sid(name));
    await rig.cluster.halt('control', 'SIGKILL');
    await refusedEverywhere(name);
    expect((await rig.ask(1, fresh('other'))).status).toBe(200);
    await rig.cluster.revive('control');
    await refusedEverywhere(name);
    await rig.order('resume', await sid(name));
    await until('it is resumed on every edge', async () => (await rig.ask(2, name)).status === 200);
  });

  it('audit worker killed: traffic is unaffected; what was recorded meanwhile arrives once, in full', async () => {
    const name = fresh('audit-killed');
    await rig.cluster.halt('audit', 'SIGKILL');
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => rig.ask(n % 3, name)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const session = answers[0]?.headers['x-elida-session-id'];
    await rig.cluster.revive('audit');
    const count = async (): Promise<number> =>
      Number(
        (
          await rows<{ n: string }>(`select count(*) n from events where type = 'exchange' and session = $1`, [session])
        )[0]?.n,
      );
    await until('all of them are there', async () => (await count()) >= 60);
    expect(await count()).toBe(60);
  });

  it('one edge SIGKILLed: its streams drop, the others and their kill go on, another edge serves the session', async () => {
    const name = fresh('edge-killed');
    const [lost, kept] = [await rig.stream(2, name), await rig.stream(0, name)];
    await rig.cluster.edges[2]?.child.stop('SIGKILL');
    expect((await lost.ended).broken).toBe(true);
    expect((await rig.ask(1, name)).status).toBe(200);
    await rig.order('kill', kept.session);
    await kept.ended;
    expect((await rig.ask(1, name)).status).toBe(403);
    const edge = await rig.cluster.addEdge();
    rig.cluster.edges.splice(2, 2, edge);
    await refusedEverywhere(name);
  });

  it('one edge SIGTERMed: unready at once, running streams finish within the grace, none is cut', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, () => rig.stream(2, fresh('drain'), 'words:100')));
    const stopped = rig.cluster.edges[2]?.child.stop('SIGTERM');
    for (const stream of streams) {
      const { text, broken } = await stream.ended;
      expect(broken).toBe(false);
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
    await stopped;
    const edge = await rig.cluster.addEdge();
    rig.cluster.edges.splice(2, 2, edge);
  });

  it('everything restarted, one after the other: the block is kept, and lifts to the second', async () => {
    const name = fresh('all-restarted');
    const session = await sid(name);
    const windowMs = 30_000;
    const { reply } = await rig.order('kill', session, { mode: 'duration', duration: windowMs });
    const givenAt = performance.now();
    for (const part of ['nats', 'redis', 'postgres', 'control', 'audit'] as const) {
      await rig.cluster.halt(part);
      await rig.cluster.revive(part);
    }
    await letIn();
    await refusedEverywhere(name);
    expect(reply.durable).toBe(true);
    await until('the window has run out', async () => (await rig.ask(0, name)).status === 200, windowMs + 10_000);
    const heldMs = performance.now() - givenAt;
    expect(heldMs).toBeGreaterThan(windowMs - 1_000);
    expect(heldMs).toBeLessThan(windowMs + 2_500);
  });
});
