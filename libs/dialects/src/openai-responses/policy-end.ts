/** A blocked Responses reply: `response.failed` with `invalid_prompt`, which stops Codex at once and shows the message. */
import type { PolicyEnd } from '../reply.ts';
import { namedEvent, utf8 } from '../sse/frame.ts';
import { count, type Fields, fields, text, words } from '../tolerant.ts';
import { failedResponse } from './follow-response.ts';
import { responseOf } from './items.ts';

const TERMINAL: ReadonlySet<string> = words('response.completed response.incomplete response.failed error');

export function endResponsesByPolicy(requestId: string): PolicyEnd {
  let begun: Fields = {};
  let sequence = -1;
  let isOver = false;
  return {
    released({ value }) {
      const event = fields(value);
      sequence = count(event.sequence_number) ?? sequence;
      isOver ||= TERMINAL.has(text(event.type));
      if (text(begun.id) === '' && event.response !== undefined) begun = responseOf(event);
    },
    end(message) {
      if (isOver) return utf8('');
      const response = failedResponse(begun, requestId, 'invalid_prompt', message);
      const type = 'response.failed';
      return utf8(namedEvent(type, { type, sequence_number: sequence + 1, response }));
    },
  };
}

/** Id, model, echo and usage stay; what was said does not. */
export const blockedResponsesReply = (reply: unknown, message: string, requestId: string): string =>
  JSON.stringify({
    ...failedResponse(fields(reply), requestId, 'invalid_prompt', message),
    output: [],
    output_text: undefined,
    incomplete_details: null,
  });
