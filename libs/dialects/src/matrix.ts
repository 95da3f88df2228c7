/** Which replies of which wire are shown to be read: for each a fixture, or why there is none. docs/dialects.md is made from it. */
import type { DialectName } from './dialect.ts';

export const MODES = ['json', 'stream'] as const;
export const ASPECTS = ['text', 'tools', 'reasoning', 'usage', 'error'] as const;
export type Mode = (typeof MODES)[number];
export type Aspect = (typeof ASPECTS)[number];

/** Files in `<dialect>/fixtures`, or the reason why the wire has no such reply. */
export type Cell = readonly string[] | string;

const NO_CALLS = 'these endpoints call no tools';
const NO_REASONING = 'these endpoints show no reasoning';
const UNKNOWN = 'an unknown wire: every string is read as text';

export const MATRIX: Readonly<Record<DialectName, Readonly<Record<Mode, Readonly<Record<Aspect, Cell>>>>>> = {
  'openai-chat': {
    json: {
      text: ['json-text.json', 'json-audio.json'],
      tools: ['json-tools.json', 'json-legacy-call.json'],
      reasoning: ['json-reasoning.json'],
      usage: ['json-usage.json'],
      error: ['json-error.json'],
    },
    stream: {
      text: ['stream-text.sse', 'stream-two-choices.sse'],
      tools: ['stream-tools.sse', 'stream-legacy-call.sse'],
      reasoning: ['stream-reasoning.sse', 'stream-reasoning-details.sse'],
      usage: ['stream-usage.sse', 'stream-asked-usage.sse'],
      error: ['stream-error.sse'],
    },
  },
  'openai-responses': {
    json: {
      text: ['json-text.json', 'json-queued.json'],
      tools: ['json-tools.json', 'json-items.json'],
      reasoning: ['json-reasoning.json'],
      usage: ['json-usage.json'],
      error: ['json-error.json'],
    },
    stream: {
      text: ['stream-text.sse'],
      tools: ['stream-tools.sse', 'stream-items.sse'],
      reasoning: ['stream-reasoning.sse'],
      usage: ['stream-usage.sse'],
      error: ['stream-error.sse'],
    },
  },
  'anthropic-messages': {
    json: {
      text: ['json-text.json', 'json-refusal.json'],
      tools: ['json-tools.json'],
      reasoning: ['json-reasoning.json'],
      usage: ['json-usage.json'],
      error: ['json-error.json'],
    },
    stream: {
      text: ['stream-text.sse'],
      tools: ['stream-tools.sse', 'stream-pause.sse'],
      reasoning: ['stream-reasoning.sse'],
      usage: ['stream-usage.sse', 'stream-compaction.sse'],
      error: ['stream-error.sse'],
    },
  },
  openai: {
    json: {
      text: ['json-completion.json'],
      tools: NO_CALLS,
      reasoning: NO_REASONING,
      usage: ['json-embedding.json'],
      error: ['json-error.json'],
    },
    stream: {
      text: ['stream-completion.sse'],
      tools: NO_CALLS,
      reasoning: NO_REASONING,
      usage: ['stream-completion.sse'],
      error: ['stream-error.sse'],
    },
  },
  plain: {
    json: { text: ['json-text.json'], tools: UNKNOWN, reasoning: UNKNOWN, usage: UNKNOWN, error: UNKNOWN },
    stream: {
      text: ['stream-text.sse', 'lines-text.ndjson'],
      tools: UNKNOWN,
      reasoning: UNKNOWN,
      usage: UNKNOWN,
      error: UNKNOWN,
    },
  },
};

export interface MatrixFixture {
  readonly dialect: DialectName;
  readonly mode: Mode;
  readonly aspect: Aspect;
  readonly file: string;
}

/** Every fixture of the matrix once, under the first cell that names it. */
export function fixturesOf(matrix: typeof MATRIX): readonly MatrixFixture[] {
  const found = new Map<string, MatrixFixture>();
  for (const [dialect, modes] of Object.entries(matrix) as [DialectName, (typeof MATRIX)[DialectName]][])
    for (const mode of MODES)
      for (const aspect of ASPECTS) {
        const cell = modes[mode][aspect];
        for (const file of typeof cell === 'string' ? [] : cell)
          if (!found.has(`${dialect} ${file}`)) found.set(`${dialect} ${file}`, { dialect, mode, aspect, file });
      }
  return [...found.values()];
}
