/** The end of a Responses stream: `response.failed` with the response as it was begun, and the next sequence number. */
import type { Refusal, StreamFollower } from '../dialect.ts';
import { specOf } from '../refusal.ts';
import { namedEvent, utf8 } from '../sse/frame.ts';
import { type Fields, fields, text } from '../tolerant.ts';

/** The first event carries the whole request's echo (tools, instructions); 1 MiB is more than any client sends. */
const FIRST_EVENT_BYTES_MAX = 1_048_576;

/** `invalid_prompt` stops Codex at once, with the message; it repeats after `server_error` and unknown codes. */
function failureCode(refusal: Refusal): string {
  const { blame, status } = specOf(refusal);
  if (status === 429) return 'rate_limit_exceeded';
  return blame === 'policy' || blame === 'caller' ? 'invalid_prompt' : 'server_error';
}

/** What the SDK's types require of a response, where the stream has not begun one. */
const blankResponse = (requestId: string): Fields => ({
  id: `resp_${requestId}`,
  object: 'response',
  created_at: 0,
  model: '',
  output: [],
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  usage: null,
});

/** @param begun the response as the stream began it; empty where it did not. */
export const failedResponse = (begun: Fields, requestId: string, code: string, message: string): Fields => ({
  ...blankResponse(requestId),
  ...(text(begun.id) === '' ? {} : begun),
  status: 'failed',
  error: { code, message },
});

function begunResponse(first: Uint8Array): Fields {
  const head = new TextDecoder().decode(first.subarray(0, FIRST_EVENT_BYTES_MAX));
  for (const line of head.split(/\r\n|\n|\r/, 16)) {
    if (!line.startsWith('data:')) continue;
    try {
      return fields(fields(JSON.parse(line.slice(5))).response);
    } catch (error) {
      // An event longer than we keep: a blank response does as well.
      if (error instanceof SyntaxError) return {};
      throw error;
    }
  }
  return {};
}

function lastSequence(events: Uint8Array): number {
  const tail = new TextDecoder().decode(events);
  let last = -1;
  for (const found of tail.matchAll(/"sequence_number"\s*:\s*(\d{1,15})/g)) last = Number(found[1]);
  return last;
}

export function followResponse(): StreamFollower {
  let first: Uint8Array | null = null;
  let last: Uint8Array | null = null;
  return {
    released(events) {
      first ??= events;
      last = events;
    },
    end(refusal) {
      const begun = first === null ? {} : begunResponse(first);
      const response = failedResponse(begun, refusal.requestId, failureCode(refusal), refusal.message);
      return utf8(
        namedEvent('response.failed', {
          type: 'response.failed',
          sequence_number: last === null ? 0 : lastSequence(last) + 1,
          response,
        }),
      );
    },
  };
}
