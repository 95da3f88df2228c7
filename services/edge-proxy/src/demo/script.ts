/**
 * What the demo model says. The user's own words steer it:
 *   `count to 50`            the numbers, one by one
 *   `slow`, `200 words`      a long answer, to be stopped in mid-sentence
 *   `a long story`           one that speaks long enough for a person to find its session and kill it
 *   `use tool` (`use the tool`, `use a tool`), with tools offered: one call; on its result, the end
 *   anything else            a short answer that repeats it
 */
import { type OfferedTool, type Prompt, tokensOf } from './prompt.ts';
import { sampleOf } from './sample.ts';

export interface ToolCall {
  readonly tool: OfferedTool;
  /** JSON for functions, free text for custom tools. */
  readonly input: string;
}

export interface Turn {
  /** The text, in the pieces in which it streams. Empty where a tool is called. */
  readonly pieces: readonly string[];
  readonly call: ToolCall | null;
  /** The limit of output tokens cut the text. */
  readonly isCut: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const WORDS_MAX = 10_000;
const SLOW_WORDS = 300;
const STORY_WORDS = 1_500;
const ECHO_CHARS_MAX = 300;

const STORY = 'the agent asks and the model answers while the border between them watches every word that passes'.split(
  ' ',
);

const words = (sentence: string): string[] => sentence.match(/\S+\s*/g) ?? [];

function longAnswer(count: number): string[] {
  const bounded = Math.min(count, WORDS_MAX);
  return Array.from(
    { length: bounded },
    (_, index) => `${STORY[index % STORY.length]}${index + 1 === bounded ? '.' : ' '}`,
  );
}

function say(prompt: Prompt): string[] {
  if (prompt.format !== null) return words(JSON.stringify(sampleOf(prompt.format)));
  if (prompt.toolResult !== null) {
    return words(`The tool answered: ${shortened(prompt.toolResult)}\n\nThat is all I needed. The task is done.`);
  }
  const said = prompt.userText;
  const count = /\bcount (?:up )?to (\d{1,5})\b/i.exec(said)?.[1];
  if (count !== undefined) {
    const last = Math.min(Number(count), WORDS_MAX);
    return Array.from({ length: last }, (_, index) => `${index + 1}${index + 1 === last ? '.' : ' '}`);
  }
  const wanted = /\b(\d{1,5}) words\b/i.exec(said)?.[1];
  if (wanted !== undefined && Number(wanted) > 0) return longAnswer(Number(wanted));
  if (/\blong story\b/i.test(said)) return longAnswer(STORY_WORDS);
  if (/\bslow(?:ly)?\b/i.test(said)) return longAnswer(SLOW_WORDS);
  const heard = said === '' ? 'You said nothing.' : `You said: "${shortened(said)}"`;
  return words(`${heard} I am the demo model built into ELIDA, so this is all I can say about it.`);
}

const shortened = (said: string): string => {
  const line = said.trim().replace(/\s+/g, ' ');
  return line.length > ECHO_CHARS_MAX ? `${line.slice(0, ECHO_CHARS_MAX).toWellFormed()}…` : line;
};

/** One that the user names, else a shell, else the first. */
function chooseTool(prompt: Prompt): OfferedTool | undefined {
  const isShell = ({ name, isCustom, schema }: OfferedTool): boolean =>
    /^(?:bash|shell|shell_command|exec_command)$/i.test(name) ||
    (isCustom && name === 'exec') ||
    /"(?:command|cmd)":/.test(JSON.stringify(schema));
  return (
    prompt.tools.find(({ name }) => new Set(prompt.userText.split(/[^\w.-]+/)).has(name)) ??
    prompt.tools.find(isShell) ??
    prompt.tools[0]
  );
}

/** Codex's freeform `exec` runs JavaScript; other custom tools get a line of text. */
function inputFor(tool: OfferedTool): string {
  if (!tool.isCustom) return JSON.stringify(sampleOf({ ...tool.schema, type: 'object' }));
  const command = String(sampleOf({ type: 'string' }, 'command'));
  return tool.name === 'exec' ? `text(await tools.exec_command({cmd: ${JSON.stringify(command)}}))` : command;
}

function callFor(prompt: Prompt): ToolCall | null {
  if (prompt.toolResult !== null || !/\buse (?:the |a |my |your )?tools?\b/i.test(prompt.userText)) return null;
  const tool = chooseTool(prompt);
  return tool === undefined ? null : { tool, input: inputFor(tool) };
}

export function planTurn(prompt: Prompt): Turn {
  const inputTokens = Math.max(1, tokensOf(prompt.inputChars));
  const call = callFor(prompt);
  if (call !== null) {
    const outputTokens = tokensOf(call.tool.name.length + call.input.length);
    return { pieces: [], call, isCut: false, inputTokens, outputTokens };
  }
  const all = say(prompt);
  let chars = 0;
  const pieces: string[] = [];
  for (const piece of all) {
    if (prompt.outputTokensMax > 0 && tokensOf(chars + piece.length) > prompt.outputTokensMax) break;
    pieces.push(piece);
    chars += piece.length;
  }
  return { pieces, call: null, isCut: pieces.length < all.length, inputTokens, outputTokens: tokensOf(chars) };
}
