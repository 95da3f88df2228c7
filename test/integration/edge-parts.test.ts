/** A message in several parts is judged as the one text that a model reads. */
import { request as call } from 'undici';
import { describe, expect, test } from 'vitest';
import { type Bench, edgeWith } from '../harness/edge-with.ts';
import { noLadder, policyEntry, rule } from '../harness/policies.ts';
import { WIRES, type Wire } from '../harness/wires.ts';

/** A user's message in parts, as each wire writes it. */
function inParts(wire: Wire, ...texts: string[]): string {
  const type = wire.name === 'openai-responses' ? 'input_text' : 'text';
  const message = { role: 'user', content: texts.map((text) => ({ type, text })) };
  return wire.request([], wire.name === 'openai-responses' ? { input: [message] } : { messages: [message] });
}

async function ask({ edge }: Bench, wire: Wire, ...texts: string[]): Promise<{ status: number; code: string }> {
  const answer = await call(`${edge.url}${wire.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 's1' },
    body: inParts(wire, ...texts),
  });
  await answer.body.dump();
  return { status: answer.statusCode, code: String(answer.headers['x-elida-code'] ?? '') };
}

const under = (rules: readonly unknown[]): Promise<Bench> =>
  edgeWith(undefined, { snapshot: { policies: [policyEntry({ ...noLadder, rules })] } as never });

async function violationsOf({ edge }: Bench) {
  const found = () => edge.events().filter(({ type }) => type === 'violation_detected');
  await expect.poll(() => found().length, { timeout: 3_000 }).toBeGreaterThanOrEqual(1);
  return found();
}

describe.each(WIRES)('a message in parts on $name', (wire) => {
  test('what is said across them is stopped, once for all ways to cut it', async () => {
    const bench = await under([rule('coffee', 'block', 'one espresso')]);
    for (const texts of [
      ['an espr', 'esso'],
      ['one', 'tea', 'espresso'],
    ])
      expect((await ask(bench, wire, ...texts)).status).toBe(200);
    for (const texts of [
      ['one espr', 'esso'],
      ['one ', 'espresso'],
      ['now', 'on', 'e espress', 'o'],
    ])
      expect((await ask(bench, wire, ...texts)).code).toBe('policy_blocked');
    expect((await ask(bench, wire, 'one', 'espresso')).code).toBe('policy_blocked');
    const [violation] = await violationsOf(bench);
    expect(violation?.data).toMatchObject({ matched_text: 'one espresso', match_start: 0, match_end: 8 });
  });

  test('redact: nothing of it remains in any, and no part is empty; again in the next turn', async () => {
    const bench = await under([rule('coffee', 'redact', 'espresso')]);
    const redacted = inParts(wire, 'one [REDACTED_COFFEE]', '[REDACTED_COFFEE]', ', please', 'tea');
    for (let turn = 1; turn <= 2; turn++) {
      expect((await ask(bench, wire, 'one esp', 're', 'sso, please', 'tea')).status).toBe(200);
      await expect.poll(() => bench.edge.store.list({}, 1, '')).toMatchObject({ sessions: [{ requests: turn }] });
    }
    expect(bench.upstream.requests.map(({ body: sent }) => sent.toString())).toEqual([redacted, redacted]);
    expect(await violationsOf(bench)).toHaveLength(1);
  });
});
