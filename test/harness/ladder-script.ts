/** Conversations with words that rules know, and what the ladder must make of them. The model is the arithmetic of the libraries, without any store. */
import { type PolicyDocument, pointsOf, type RuleRole, type RuleSeverity } from '@elida/policy';
import { addRisk, NO_RISK, scoreAt } from '@elida/session';

/** A rule each: fires on its word and the number behind it. */
const WORDS = { red: 'critical', yellow: 'warning', blue: 'info', grey: 'critical' } as const satisfies Record<
  string,
  RuleSeverity
>;
export type Word = keyof typeof WORDS;
const NAMES = Object.keys(WORDS) as Word[];

export const RULES: PolicyDocument['rules'] = NAMES.map((name) => ({
  name,
  type: 'content_match',
  patterns: [`${name}\\d{1,8}`],
  target: 'request',
  severity: WORDS[name],
  action: 'flag',
  // Seen, and worth nothing.
  ...(name === 'grey' ? { observe: true } : {}),
}));

export interface Line {
  readonly role: RuleRole;
  readonly text: string;
  readonly words: readonly Word[];
}

/** Numbers of one seed, evenly in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function line(role: RuleRole, words: readonly Word[], serial: number): Line {
  const said = words.map((word) => `${word}${serial}`).join(' and ');
  return { role, text: `line ${serial} says ${said === '' ? 'nothing of note' : said}`, words };
}

const TURN: readonly RuleRole[] = ['user', 'assistant', 'tool', 'assistant'];
const CHOICE: readonly (readonly Word[])[] = [[], [], ['blue'], ['yellow'], ['grey'], ['red'], ['yellow', 'blue'], []];

/** A conversation: clean and flagged lines of every role; a few are said again, word for word. */
export function script(seed: number, turns: number): Line[] {
  const next = seeded(seed);
  const lines: Line[] = [line('system', ['red'], seed * 1_000)];
  for (let n = 1; n <= turns * 2; n++) {
    const role = TURN[n % TURN.length === 0 ? 3 : (n % TURN.length) - 1] ?? 'user';
    const again = lines.filter((one) => one.role === role)[Math.floor(next() * 12)];
    lines.push(again ?? line(role, CHOICE[Math.floor(next() * CHOICE.length)] ?? [], seed * 1_000 + n));
  }
  return lines;
}

export interface Finding {
  readonly rule: Word;
  readonly role: RuleRole;
  readonly points: number;
}

/**
 * Each once: said again by the same person it is another finding, sent again it is none; of the assistant's words only the
 * words themselves count.
 */
export function findingsOf(lines: readonly Line[]): Finding[] {
  const times = new Map<string, number>();
  const found = new Map<string, Finding>();
  for (const { role, text, words } of lines) {
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    for (const rule of words) {
      const identity = role === 'assistant' ? text : `${before} ${text}`;
      const points = rule === 'grey' ? 0 : pointsOf(WORDS[rule], role);
      found.set(`${rule} ${role} ${identity}`, { rule, role, points });
    }
  }
  return [...found.values()];
}

export const pointsIn = (lines: readonly Line[]): number =>
  findingsOf(lines).reduce((sum, { points }) => sum + points, 0);

/** Points at their times, in any order. */
export function scoreOf(
  added: readonly { readonly at: number; readonly points: number }[],
  now: number,
  halfLifeMs: number,
): number {
  const sorted = added.toSorted((a, b) => a.at - b.at);
  const state = sorted.reduce((risk, { at, points }) => addRisk(risk, points, at, halfLifeMs), NO_RISK);
  return scoreAt(state, now, halfLifeMs);
}

/** As Chat has it. A client sends all of it every turn. */
export const chatOf = (lines: readonly Line[]): unknown[] =>
  lines.map(({ role, text }, n) => ({
    role,
    content: text,
    ...(role === 'tool' ? { tool_call_id: `call_${n}` } : {}),
  }));

export interface Step {
  readonly before: number;
  readonly elapsed_ms: number;
  readonly half_life_ms: number;
  readonly decayed: number;
  readonly added: readonly { severity_weight: number; role_weight: number; points: number }[];
  readonly after: number;
  readonly enforced: boolean;
}

/** One staircase: each step begins where another ended. @throws Error where they do not make one. */
export function staircase(steps: readonly Step[]): Step[] {
  const left = [...steps];
  const stairs: Step[] = [];
  for (let at = 0; left.length > 0; ) {
    const index = left.findIndex(({ before }) => Math.abs(before - at) < 1e-9);
    const [step] = index < 0 ? [] : left.splice(index, 1);
    if (step === undefined) throw new Error(`no step begins at ${at}: ${left.map(({ before }) => before).join(' ')}`);
    stairs.push(step);
    at = step.after;
  }
  return stairs;
}
