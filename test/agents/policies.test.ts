/**
 * Unmodified coding agents under the shipped presets: benign tool-using tasks finish with no block and no changed byte, what
 * the agents report as used is what the edge has counted, and a destructive call never reaches the agent's shell.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentUpstream, startAgentUpstream } from '../harness/agent-upstream.ts';
import { type AgentName, runAgent } from '../harness/agents.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';
import { startTap, type Tap } from '../harness/tap.ts';

/** An upgrade on an inspected route is refused, and Codex goes on over HTTP: `codex-websocket` is the same as `codex`. */
const HTTP_AGENTS = ['claude-code', 'codex', 'codex-websocket', 'opencode'] as const satisfies readonly AgentName[];
const PRESETS = ['coding-agent', 'standard'] as const;

interface Session {
  readonly id: string;
  readonly tokens: { readonly input: number; readonly output: number };
  readonly violations: number;
}

async function sessions(edge: Standalone): Promise<Session[]> {
  const reply = await fetch(`${edge.control}/api/v1/sessions?limit=500`);
  return ((await reply.json()) as { sessions: Session[] }).sessions;
}

async function until<T>(probe: () => Promise<T | undefined>, timeoutMs = 10_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error('what was awaited did not happen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Tokens that the agent itself reports, where it does. */
function reported(agent: AgentName, output: string): { input: number; output: number } | null {
  const sum = { input: 0, output: 0 };
  if (agent === 'opencode') return null;
  if (agent === 'claude-code') {
    const line = output.split('\n').find((one) => one.startsWith('{') || one.startsWith('['));
    const parsed = JSON.parse(line ?? '{}') as unknown;
    const result = (Array.isArray(parsed) ? parsed.at(-1) : parsed) as { modelUsage?: Record<string, ClaudeUsage> };
    for (const usage of Object.values(result.modelUsage ?? {})) {
      sum.input += usage.inputTokens + usage.cacheReadInputTokens + usage.cacheCreationInputTokens;
      sum.output += usage.outputTokens;
    }
    return sum;
  }
  for (const line of output.split('\n').filter((one) => one.includes('"turn.completed"'))) {
    const { usage } = JSON.parse(line) as { usage: { input_tokens: number; output_tokens: number } };
    sum.input += usage.input_tokens;
    sum.output += usage.output_tokens;
  }
  return sum;
}

interface ClaudeUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly cacheCreationInputTokens: number;
}

describe.runIf(process.env.ELIDA_TEST_AGENTS).each(PRESETS)('real agents under %s', (preset) => {
  let upstream: AgentUpstream;
  let edge: Standalone;
  let tap: Tap;
  const fresh = async (before: ReadonlySet<string>) => (await sessions(edge)).filter(({ id }) => !before.has(id));
  const known = async () => new Set((await sessions(edge)).map(({ id }) => id));
  const flagged = async (id: string) =>
    (await (await fetch(`${edge.control}/control/flagged/${id}`)).json()) as {
      violation_counts: Record<string, number>;
    };

  beforeAll(async () => {
    upstream = await startAgentUpstream();
    edge = await startStandalone({
      config: `backends:
  scripted:
    url: ${upstream.url}
    type: openai
    default: true
policy:
  enabled: true
  preset: ${preset}
`,
    });
    tap = await startTap(edge.proxy);
  }, 60_000);

  afterAll(async () => {
    await tap?.close();
    await edge?.stop();
    await upstream?.close();
  });

  it.each(HTTP_AGENTS)(
    '%s finishes a benign task: nothing blocked, no byte of a reply changed, tokens as the agent counts them',
    async (agent) => {
      upstream.options = {};
      upstream.seen.length = 0;
      tap.seen.length = 0;
      const before = await known();
      const run = await runAgent(agent, tap.url, 'run the command');
      expect(run.output).toContain('The task is done.');
      expect(run.code).toBe(0);
      const sent = upstream.seen.filter(({ reply }) => reply !== '').map(({ reply }) => reply);
      const came = tap.seen.filter(({ status, body }) => status === 200 && body !== '').map(({ body }) => body);
      expect(sent.length).toBeGreaterThanOrEqual(2);
      expect(came.toSorted()).toEqual(expect.arrayContaining(sent.toSorted()));
      const [session, ...others] = await fresh(before);
      expect(others).toHaveLength(0);
      const said = reported(agent, run.output);
      if (said !== null) {
        await until(async () => {
          const [now] = await fresh(before);
          return now && now.tokens.output >= said.output ? now : undefined;
        });
        const [now] = await fresh(before);
        expect({ input: now?.tokens.input, output: now?.tokens.output }).toEqual(said);
      }
      expect(session?.violations).toBe(0);
    },
    120_000,
  );

  it.each(['claude-code', 'codex', 'opencode'] as const)(
    '%s never gets a call that wipes the disk',
    async (agent) => {
      // GNU rm refuses this one by itself, should it ever get through.
      upstream.options = { command: 'rm -rf /' };
      upstream.seen.length = 0;
      tap.seen.length = 0;
      const before = await known();
      const run = await runAgent(agent, tap.url, 'clean up');
      expect(upstream.seen.some(({ body }) => /dangerous to operate|preserve-root/.test(body))).toBe(false);
      expect(tap.seen.some(({ body }) => body.includes('rm -rf /'))).toBe(false);
      expect(run.output).toMatch(/rule|policy/i);
      const [session] = await fresh(before);
      const counts = await until(async () => {
        const { violation_counts } = await flagged(session?.id ?? '');
        return Object.keys(violation_counts ?? {}).length > 0 ? violation_counts : undefined;
      });
      expect(Object.keys(counts).join()).toMatch(/destructive|dangerous/);
    },
    120_000,
  );

  it('a leaked key in an answer is found, in the native shape', async () => {
    upstream.options = { finalText: `use AKIA${'QWERTYUIOPASDFGH'} for it`, command: 'echo hi' };
    tap.seen.length = 0;
    const before = await known();
    await runAgent('claude-code', tap.url, 'which key?');
    const [session] = await fresh(before);
    const counts = await until(async () => {
      const { violation_counts } = await flagged(session?.id ?? '');
      return Object.keys(violation_counts ?? {}).length > 0 ? violation_counts : undefined;
    });
    expect(Object.keys(counts).join()).toMatch(/key|secret|credential/);
  }, 120_000);
});
