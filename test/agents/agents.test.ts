/**
 * Unmodified coding agents through a standalone edge. Heavy and outside the workspace: run with
 * `ELIDA_TEST_AGENTS=<folder with the agents from npm> npx vitest run test/agents`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentUpstream, startAgentUpstream } from '../harness/agent-upstream.ts';
import { AGENTS, runAgent } from '../harness/agents.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

const REASON = 'stopped by the security team';

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly request_count: number;
}

async function sessions(edge: Standalone): Promise<Listed[]> {
  const reply = await fetch(`${edge.control}/control/sessions`);
  return ((await reply.json()) as { sessions: Listed[] }).sessions;
}

async function until<T>(probe: () => Promise<T | undefined>, timeoutMs = 20_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error('what was awaited did not happen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const config = (upstream: AgentUpstream): string =>
  `backends:\n  scripted:\n    url: ${upstream.url}\n    type: openai\n    default: true\n`;

describe.runIf(process.env.ELIDA_TEST_AGENTS)('real agents', () => {
  let upstream: AgentUpstream;
  let edge: Standalone;

  beforeAll(async () => {
    upstream = await startAgentUpstream();
    edge = await startStandalone({ config: config(upstream) });
  }, 60_000);

  afterAll(async () => {
    await edge?.stop();
    await upstream?.close();
  });

  it.each(AGENTS)(
    '%s finishes a tool-using task as one session',
    async (agent) => {
      upstream.options = {};
      upstream.seen.length = 0;
      const before = new Set((await sessions(edge)).map((session) => session.id));
      const run = await runAgent(agent, edge.proxy, 'run the command');
      expect(run.output).toContain('The task is done.');
      expect(run.code).toBe(0);
      expect(upstream.seen.some((seen) => seen.body.includes('elida-was-here'))).toBe(true);
      if (agent === 'codex-websocket') expect(upstream.seen.every((seen) => seen.transport === 'websocket')).toBe(true);
      const fresh = (await sessions(edge)).filter((session) => !before.has(session.id));
      expect(fresh).toHaveLength(1);
    },
    120_000,
  );

  it.each(['claude-code', 'opencode'] as const)(
    'a sub-agent of %s is a child of its session',
    async (agent) => {
      upstream.options = { delegate: true };
      const before = new Set((await sessions(edge)).map((session) => session.id));
      const run = await runAgent(agent, edge.proxy, 'hand this over');
      expect(run.output).toContain('The task is done.');
      const fresh = (await sessions(edge)).filter((session) => !before.has(session.id));
      expect(fresh).toHaveLength(2);
      const trees = await Promise.all(
        fresh.map(async ({ id }) => {
          const reply = await fetch(`${edge.control}/api/v1/sessions/${id}/tree`);
          return ((await reply.json()) as { sessions: { id: string; parent: string }[] }).sessions;
        }),
      );
      const whole = trees.find((tree) => tree.length === 2);
      const [root, child] = whole ?? [];
      expect(child?.parent).toBe(root?.id);
    },
    120_000,
  );

  it.each(AGENTS)(
    '%s stops at once when its session is killed in mid-stream, and shows the reason',
    async (agent) => {
      upstream.options = { slowWords: 2_000, paceMs: 20 };
      upstream.seen.length = 0;
      const before = new Set((await sessions(edge)).map((session) => session.id));
      const running = runAgent(agent, edge.proxy, 'tell me a long story');
      const session = await until(async () => (await sessions(edge)).find((one) => !before.has(one.id)));
      await until(async () =>
        upstream.seen.some((seen) => /"stream":\s*true|story/.test(seen.body)) ? true : undefined,
      );
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const killedAt = performance.now();
      const reply = await fetch(`${edge.control}/api/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'kill', selector: { scope: 'session', id: session.id }, reason: REASON }),
      });
      expect(reply.status).toBeLessThan(300);
      const run = await running;
      const stoppedMs = performance.now() - killedAt;
      expect(run.output).toContain(REASON);
      expect(stoppedMs).toBeLessThan(4_000);
      const state = (await sessions(edge)).find((one) => one.id === session.id)?.state;
      expect(state).toBe('killed');
    },
    120_000,
  );
});
