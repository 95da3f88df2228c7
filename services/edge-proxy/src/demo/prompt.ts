/** A request as the script sees it, whichever wire it came over. */
import type { Json } from './json.ts';

export interface OfferedTool {
  readonly name: string;
  /** Freeform: its input is text, not JSON (OpenAI custom tools). */
  readonly isCustom: boolean;
  readonly schema: Json;
}

export interface Prompt {
  readonly model: string;
  readonly stream: boolean;
  /** Everything the model reads, for the token count. */
  readonly inputChars: number;
  /** The last thing the user wrote. */
  readonly userText: string;
  /** Set where the conversation ends with the result of a tool. */
  readonly toolResult: string | null;
  readonly tools: readonly OfferedTool[];
  /** JSON Schema that the answer has to fit; null: free text. */
  readonly format: Json | null;
  /** 0: none asked for. */
  readonly outputTokensMax: number;
}

/** Coding agents put reminders of their own beside what the user wrote. */
export const withoutReminders = (said: string): string =>
  said.replace(/<(system-reminder|environment_context|user_instructions)>[\s\S]*?<\/\1>/g, '').trim();

/** Four characters a token: near what tokenizers give for English, and the same every time. */
export const tokensOf = (chars: number): number => Math.ceil(chars / 4);
