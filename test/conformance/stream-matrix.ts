/** Every wire × place × action, however the reply is cut: what must hold, and how many replies it was tried on. */
import { expect } from 'vitest';
import { cutAt, edgePolicy, heard, type Outcome, runReply } from '../harness/reply.ts';
import { type Place, type Said, TOOL, type Wire } from './reply-wires.ts';

export const ACTIONS = ['flag', 'redact', 'sanitize', 'block', 'kill', 'terminate'] as const;
export type CellAction = (typeof ACTIONS)[number];

/** A call is run or not; it is not changed into another one. */
export const actionsAt = (place: Place): readonly CellAction[] =>
  place === 'tool call' ? ['flag', 'block', 'kill', 'terminate'] : ACTIONS;

export const SECRET = 'ключ-12345678';
const COMMAND = 'rm -rf /';
const RULE = 'leaked_key';
export const REASON = 'This does not leave';
export const REDACTED = '[REDACTED_LEAKED_KEY]';
const BEFORE = 'Grüß dich 👋 ключ-123 — ';
const AFTER = ' 世界, and so on';

const forbiddenAt = (place: Place): string => (place === 'tool call' ? COMMAND : SECRET);

const policyFor = (place: Place, action: CellAction) => {
  const rule = { name: RULE, description: REASON, action };
  const content = { type: 'content_match', target: 'response', patterns: ['ключ-[0-9]{8}'] };
  const condition = { path: '$.command', operator: 'shell_matches', value: 'rm -rf /' };
  const tool = { type: 'tool', tools: [TOOL], arguments: [condition] };
  return edgePolicy({ rules: [{ ...rule, ...(place === 'tool call' ? tool : content) }] });
};

/** Numbers from a seed (mulberry32): the same seed is the same reply, cut the same way. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Pieces of whole characters, as a model's tokens are. */
function inPieces(text: string, random: () => number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of text) {
    piece += character;
    if (random() < 0.4) {
      pieces.push(piece);
      piece = '';
    }
  }
  return piece === '' ? pieces : [...pieces, piece];
}

export function saidAt(place: Place, forbidden: string, random: () => number): Said[] {
  const text = `${BEFORE}${forbidden}${AFTER}`;
  const said = (kind: Said['kind'], choice: number, whole: string): Said => ({
    kind,
    choice,
    pieces: inPieces(whole, random),
  });
  switch (place) {
    case 'text':
      return [said('text', 0, text)];
    case 'reasoning':
      return [said('reasoning', 0, text), said('text', 0, 'All is well: ключ')];
    case 'tool call':
    case 'tool arguments': {
      const whole = JSON.stringify({ command: ['echo', text], cwd: '/tmp' });
      return [said('text', 0, 'I call a tool: ключ'), said('call', 0, whole), said('call', 0, '{"command":"date"}')];
    }
    case 'n > 1':
      return [said('text', 0, 'nothing in here, ключ'), said('text', 1, text), said('text', 2, 'nor here')];
  }
}

export interface Chunking {
  readonly name: string;
  readonly lineEnd: string;
  cut(bytes: Buffer, events: readonly string[]): Buffer[];
}

const perEvent = (bytes: Buffer, events: readonly string[]): Buffer[] => {
  let at = 0;
  return cutAt(
    bytes,
    events.map((event) => {
      at += Buffer.byteLength(event);
      return at;
    }),
  );
};
const perByte = (bytes: Buffer): Buffer[] => cutAt(bytes, [...bytes.keys()]);
const torn = (bytes: Buffer): Buffer[] =>
  cutAt(
    bytes,
    [...bytes.entries()].flatMap(([at, byte]) => (byte >= 0x80 && byte < 0xc0 ? [at] : [])),
  );

export const CHUNKINGS: readonly Chunking[] = [
  { name: 'whole', lineEnd: '\n', cut: (bytes) => [bytes] },
  { name: 'per event', lineEnd: '\n', cut: perEvent },
  { name: 'per byte', lineEnd: '\n', cut: perByte },
  { name: 'torn UTF-8', lineEnd: '\n', cut: torn },
  { name: 'CRLF, per event', lineEnd: '\r\n', cut: perEvent },
  { name: 'CRLF, per byte', lineEnd: '\r\n', cut: perByte },
];

const randomly = (random: () => number): Chunking => ({
  name: 'random',
  lineEnd: random() < 0.5 ? '\n' : '\r\n',
  cut: (bytes) =>
    cutAt(
      bytes,
      Array.from({ length: random() * 40 }, () => Math.floor(random() * bytes.length)),
    ),
});

export const SEEDS = 200;

/** @returns how many replies were tried. */
export async function tryCell(wire: Wire, place: Place, action: CellAction): Promise<number> {
  const policy = await policyFor(place, action);
  const forbidden = forbiddenAt(place);
  const run = (type: string, chunks: readonly Buffer[]) => runReply({ dialect: wire.dialect, type, policy }, chunks);
  let tried = 0;
  const one = (seed: number, chunking: Chunking): void => {
    const said = saidAt(place, forbidden, randomOf(seed));
    const body = Buffer.from(wire.json(said));
    const whole = run(wire.type.json, chunking.cut(body, []));
    const events = wire.stream(said, chunking.lineEnd);
    const bytes = Buffer.from(events.join(''));
    const streamed = run(wire.type.stream, chunking.cut(bytes, events));
    const where = `${chunking.name}, seed ${seed}`;
    checkVerdict(streamed, whole, action, where);
    checkBytes(wire, wire.type.json, body, whole, { action, forbidden, where });
    checkBytes(wire, wire.type.stream, bytes, streamed, { action, forbidden, where });
    tried += 2;
  };
  for (const [at, chunking] of CHUNKINGS.entries()) one(1_000 + at, chunking);
  for (let seed = 0; seed < SEEDS; seed++) one(seed, randomly(randomOf(seed + 77_777)));
  tried += checkUntouched(wire, place, run);
  return tried;
}

const STOPS: ReadonlySet<string> = new Set(['block', 'kill', 'terminate']);

function checkVerdict(streamed: Outcome, whole: Outcome, action: CellAction, where: string): void {
  const told = ({ verdict }: Outcome) => ({
    decision: verdict?.decision,
    found: verdict?.found.map(({ finding, matched }) => [finding.rule, finding.hits, finding.points, matched]),
  });
  expect(told(streamed), where).toEqual(told(whole));
  expect(told(whole).decision, where).toEqual({ action, would: action, rule: RULE });
  expect(streamed.stop?.action ?? 'passed', where).toBe(STOPS.has(action) ? action : 'passed');
}

interface Cell {
  readonly action: CellAction;
  readonly forbidden: string;
  readonly where: string;
}

/** What the model said up to the forbidden text, and nothing of that; all of it where the rule lets it pass. */
function checkBytes(wire: Wire, type: string, given: Buffer, { bytes, stop }: Outcome, cell: Cell): void {
  const { action, forbidden, where } = cell;
  if (action === 'flag') {
    expect(bytes.equals(given), where).toBe(true);
    return;
  }
  const before = heard(wire.dialect, type, given);
  const after = heard(wire.dialect, type, bytes);
  expect(bytes.includes(forbidden), where).toBe(false);
  expect(Object.values(after).join('\n'), where).not.toContain(forbidden);
  if (action === 'redact' || action === 'sanitize') {
    const expected = Object.entries(before).map(([key, text]) => [key, text.replaceAll(forbidden, REDACTED)]);
    expect(after, where).toEqual(Object.fromEntries(expected));
    return;
  }
  if (action === 'block') expect(bytes.includes(REASON), where).toBe(true);
  if (wire.dialect === 'plain' || type === wire.type.json) return;
  for (const [key, text] of Object.entries(after)) {
    // The first call is the forbidden one: nothing of it, its name neither, and nothing behind it.
    expect(key.startsWith('call'), where).toBe(false);
    const reason = stop?.reason ?? '';
    const own = text === reason ? '' : text.replace(`\n\n${reason}`, '');
    const said = before[key] ?? '';
    const end = said.indexOf(forbidden);
    expect((end < 0 ? said : said.slice(0, end)).startsWith(own), `${where}: ${key} ${JSON.stringify(text)}`).toBe(
      true,
    );
  }
}

/** A near miss is no match: not a byte of it changes, in whatever pieces it comes. */
function checkUntouched(wire: Wire, place: Place, run: (type: string, chunks: readonly Buffer[]) => Outcome): number {
  const replies = CHUNKINGS.map((chunking, seed) => ({
    chunking,
    said: saidAt(place, forbiddenAt(place).slice(0, -1), randomOf(seed)),
  }));
  for (const { chunking, said } of replies) {
    const events = wire.stream(said, chunking.lineEnd);
    const bytes = Buffer.from(events.join(''));
    expect(run(wire.type.stream, chunking.cut(bytes, events)).bytes.equals(bytes), chunking.name).toBe(true);
    const body = Buffer.from(wire.json(said));
    expect(run(wire.type.json, chunking.cut(body, [])).bytes.equals(body), chunking.name).toBe(true);
  }
  return 2 * replies.length;
}
