/** A blocked Chat reply: the reason as text, `content_filter` for every choice that is open, `[DONE]`. */
import type { PolicyEnd } from '../reply.ts';
import { dataEvent, utf8 } from '../sse/frame.ts';
import { count, eachOf, type Fields, fields, isGiven, list, text } from '../tolerant.ts';

interface OpenChoice {
  hasText: boolean;
  isDone: boolean;
}

/** A piece of a choice: a `delta`, or in a legacy completion a `text`. */
const chunk = (begun: Fields, index: number, piece: Fields, finish: string | null): string =>
  dataEvent({ ...begun, choices: [{ index, ...piece, logprobs: null, finish_reason: finish }] });

const LEGACY = 'text_completion';

export function endChatByPolicy(requestId: string): PolicyEnd {
  const choices = new Map<number, OpenChoice>();
  let begun: Fields | null = null;
  let isOver = false;
  return {
    released({ value }) {
      const event = fields(value);
      if (isGiven(event.error)) isOver = true;
      if (Array.isArray(event.choices) && text(event.id) !== '')
        begun = {
          id: event.id,
          object: event.object === LEGACY ? LEGACY : 'chat.completion.chunk',
          created: event.created ?? 0,
          model: text(event.model),
        };
      eachOf(event.choices, (choice, at) => {
        const index = count(choice.index) ?? at;
        const open = choices.get(index) ?? { hasText: false, isDone: false };
        choices.set(index, open);
        open.hasText ||= text(fields(choice.delta).content) !== '' || text(choice.text) !== '';
        open.isDone ||= text(choice.finish_reason) !== '';
      });
    },
    end(message) {
      if (isOver) return utf8('');
      const head = begun ?? { id: `chatcmpl-${requestId}`, object: 'chat.completion.chunk', created: 0, model: '' };
      if (choices.size === 0) choices.set(0, { hasText: false, isDone: false });
      let out = '';
      for (const [index, { hasText, isDone }] of choices) {
        if (isDone) continue;
        const said = hasText ? `\n\n${message}` : message;
        if (head.object === LEGACY) {
          out += chunk(head, index, { text: said }, 'content_filter');
          continue;
        }
        const role = begun === null ? { role: 'assistant' } : {};
        out += chunk(head, index, { delta: { ...role, content: said } }, null);
        out += chunk(head, index, { delta: {} }, 'content_filter');
      }
      return utf8(`${out}data: [DONE]\n\n`);
    },
  };
}

/** Id, model and usage stay: what was spent was spent. */
export function blockedChatReply(reply: unknown, message: string, requestId: string): string {
  const { id, object, created, model, usage, choices } = fields(reply);
  const isLegacy = object === LEGACY;
  const count = Math.max(1, list(choices).length);
  return JSON.stringify({
    id: text(id) || `chatcmpl-${requestId}`,
    object: isLegacy ? LEGACY : 'chat.completion',
    created: created ?? 0,
    model: text(model),
    choices: Array.from({ length: count }, (_, index) => ({
      index,
      ...(isLegacy ? { text: message } : { message: { role: 'assistant', content: message, refusal: null } }),
      logprobs: null,
      finish_reason: 'content_filter',
    })),
    ...(usage === undefined ? {} : { usage }),
  });
}
