/** Replies of the further OpenAI endpoints: legacy completions and usage as in Chat; all strings of the rest. */
import { ChatReading } from '../openai-chat/read-reply.ts';
import { PlainReading } from '../plain/read-reply.ts';
import type { EventReading, ReplyItem } from '../reply.ts';
import { count, type Fields, fields } from '../tolerant.ts';

/** `{input_tokens, output_tokens}` of images and speech. */
function renamed(usage: Fields): Fields {
  if (count(usage.input_tokens) === null) return usage;
  return { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens };
}

export class OpenAiReading implements EventReading {
  readonly #chat = new ChatReading();
  readonly #plain = new PlainReading();

  read(value: unknown, items: ReplyItem[]): void {
    const reply = fields(value);
    if (Array.isArray(reply.choices)) {
      this.#chat.read(value, items);
      return;
    }
    // Embeddings as base64 are not text; their usage is told once, here.
    const { data, usage, error, id, model } = reply;
    this.#chat.read({ id, model, usage: renamed(fields(usage)), error }, items);
    if (reply.object === 'list' && usage !== undefined) return;
    this.#plain.read(data === undefined ? { ...reply, usage: null, error: null } : { data }, items);
  }

  end(items: ReplyItem[]): void {
    this.#chat.end(items);
  }
}
