/** The cluster of three edges with a policy of its own for each kind of principal, a key for each principal, and callers in crowds. */
import { createClient } from '@elida/client';
import type { SessionView } from '@elida/contracts/api';
import type { PolicyDocument } from '@elida/policy';
import { Agent, type Dispatcher, request } from 'undici';
import { chatOf, type Line, line } from './ladder-script.ts';
import { oneBackend, type Rig, readStream, type Stream, startRig, until } from './rig.ts';

export const EDGES = [0, 1, 2] as const;
const CHAT = '/v1/chat/completions';
const NOTHING: readonly Line[] = [line('user', [], 0)];

export interface Answer {
  readonly status: number;
  /** Of ELIDA's refusal; empty: it came from the provider. */
  readonly code: string;
  readonly session: string;
  readonly retryAfterS: number;
  readonly body: string;
}

export interface EventView {
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of a call that found the store slower than the edge waits: on a machine with little to spare its clients come again. */
const TRIES_MAX = 40;

export interface LadderRig extends Pick<Rig, 'provider' | 'stop'> {
  /** A conversation as Chat has it; default: one clean line. */
  say(edge: number, who: string, session: string, lines?: readonly Line[]): Promise<Answer>;
  post(edge: number, who: string, session: string, path: string, body: string): Promise<Answer>;
  stream(edge: number, who: string, session: string): Promise<Stream>;
  session(sid: string): Promise<SessionView>;
  events(sid: string, type: string): Promise<EventView[]>;
}

/** @param policies by name: for the principals `name-…`. @param principals one key each. */
export async function startLadderRig(
  policies: Readonly<Record<string, PolicyDocument>>,
  principals: readonly string[],
): Promise<LadderRig> {
  const rig = await startRig(oneBackend);
  const client = createClient({ url: String(rig.cluster.control.ready.control), key: rig.cluster.controlKey });
  const dispatcher = new Agent({ connections: 256, pipelining: 1 });
  const keys = new Map<string, string>();
  const call = (edge: number, who: string, session: string, path: string, body: string) =>
    request(`${rig.cluster.edges[edge]?.ready.proxy}${path}`, {
      ...{ dispatcher, method: 'POST', body },
      headers: {
        'content-type': 'application/json',
        'x-elida-api-key': keys.get(who) ?? '',
        'x-session-id': session,
      },
    });
  const chat = (lines: readonly Line[], stream: boolean): string =>
    JSON.stringify({ model: 'gpt-5.5', stream, messages: chatOf(lines) });
  const ladders: LadderRig = {
    provider: rig.provider,
    async post(...what) {
      for (let tries = 1; ; tries++) {
        const answer = await answerOf(await call(...what));
        if (answer.code !== 'store_unavailable' || tries === TRIES_MAX) return answer;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    say: (edge, who, session, lines = NOTHING) => ladders.post(edge, who, session, CHAT, chat(lines, false)),
    stream: async (edge, who, session) => readStream(await call(edge, who, session, CHAT, chat(NOTHING, true))),
    session: (id) => rig.api(`/api/v1/sessions/${id}`),
    async events(sid, type) {
      const { events, next_cursor } = await rig.api<{ events: EventView[]; next_cursor: string }>(
        `/api/v1/events?session=${sid}&type=${type}&limit=200`,
      );
      if (next_cursor !== '') throw new Error('more events than a page has');
      return events;
    },
    async stop() {
      await dispatcher.destroy();
      await rig.stop();
    },
  };
  try {
    for (const principal of [...principals, 'canary-1']) {
      const created = await client.call('createKey', { body: { name: principal, roles: ['client'], principal } });
      keys.set(principal, created.key);
    }
    for (const [name, content] of Object.entries({ ...policies, canary: CANARY })) {
      const body = { content: { ...content, match: { principals: [`${name}-*`] } } };
      await client.call('putPolicy', { params: { name }, body });
    }
    await client.call('publishSnapshot', { body: {} });
    await until('every edge has the policies', async () => {
      const answers = await Promise.all(
        EDGES.map((edge) => ladders.say(edge, 'canary-1', 'canary', [{ role: 'user', text: 'canary', words: [] }])),
      );
      return answers.every(({ code }) => code === 'policy_blocked');
    });
    return ladders;
  } catch (error) {
    await ladders.stop();
    throw error;
  }
}

/** All policies are in force with this one: they come in one snapshot. */
const CANARY: PolicyDocument = {
  risk_ladder: { enabled: false },
  rules: [{ name: 'canary', type: 'content_match', patterns: ['canary'], action: 'block', severity: 'info' }],
};

async function answerOf({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  return {
    status: statusCode,
    code: String(headers['x-elida-code'] ?? ''),
    session: String(headers['x-elida-session-id'] ?? ''),
    retryAfterS: Number(headers['retry-after'] ?? 0),
    body: await body.text(),
  };
}

/** @returns how many jobs ran at once at most. */
export async function crowd(jobs: readonly (() => Promise<void>)[], callers: number): Promise<number> {
  const waiting = [...jobs].reverse();
  let running = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
        most = Math.max(most, ++running);
        await job();
        running--;
      }
    }),
  );
  return most;
}
