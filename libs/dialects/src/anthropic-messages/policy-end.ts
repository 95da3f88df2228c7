/**
 * A blocked Messages reply: the reason as a text block, then the end of a turn. Not `refusal`: Claude Code hides the text
 * of that one and asks again.
 */
import type { PolicyEnd } from '../reply.ts';
import { namedEvent, utf8 } from '../sse/frame.ts';
import { count, type Fields, fields, text } from '../tolerant.ts';

const event = (type: string, data: Fields): string => namedEvent(type, { type, ...data });

const messageOf = (id: string, model: string, content: readonly unknown[], stop: string | null, usage: unknown) => ({
  id,
  type: 'message',
  role: 'assistant',
  model,
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage,
});

export function endAnthropicByPolicy(requestId: string): PolicyEnd {
  /** Open blocks, and whether it is a text that can be gone on with. */
  const open = new Map<number, boolean>();
  let next = 0;
  let outputTokens = 0;
  let state: 'unbegun' | 'begun' | 'stopped' | 'over' = 'unbegun';
  return {
    released({ value }) {
      const { type, index: place, content_block: block, message, usage } = fields(value);
      const index = count(place) ?? 0;
      if (type === 'message_start') state = 'begun';
      else if (type === 'content_block_start') {
        open.set(index, fields(block).type === 'text');
        next = Math.max(next, index + 1);
      } else if (type === 'content_block_stop') open.delete(index);
      else if (type === 'message_delta') state = 'stopped';
      else if (type === 'message_stop' || type === 'error') state = 'over';
      outputTokens = count(fields(usage ?? fields(message).usage).output_tokens) ?? outputTokens;
    },
    end(message) {
      if (state === 'over') return utf8('');
      const stop = event('message_stop', {});
      if (state === 'stopped') return utf8(stop);
      let out = '';
      if (state === 'unbegun') {
        const usage = { input_tokens: 0, output_tokens: 0 };
        out += event('message_start', { message: messageOf(`msg_${requestId}`, '', [], null, usage) });
      }
      const last = [...open].at(-1);
      const goesOn = open.size === 1 && last?.[1] === true;
      const index = goesOn && last !== undefined ? last[0] : next;
      if (!goesOn) {
        for (const block of open.keys()) out += event('content_block_stop', { index: block });
        out += event('content_block_start', { index, content_block: { type: 'text', text: '' } });
      }
      const delta = { type: 'text_delta', text: goesOn ? `\n\n${message}` : message };
      out += event('content_block_delta', { index, delta });
      out += event('content_block_stop', { index });
      out += event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: outputTokens },
      });
      return utf8(out + stop);
    },
  };
}

/** Id, model and usage stay: what was spent was spent. */
export function blockedAnthropicReply(reply: unknown, message: string, requestId: string): string {
  const { id, model, usage } = fields(reply);
  const content = [{ type: 'text', text: message }];
  const spent = usage ?? { input_tokens: 0, output_tokens: 0 };
  return JSON.stringify(messageOf(text(id) || `msg_${requestId}`, text(model), content, 'end_turn', spent));
}
