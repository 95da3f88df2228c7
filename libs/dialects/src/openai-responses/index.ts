/** POST /v1/responses, its siblings, and the WebSocket on the same path. */
import { NO_BODY_HINTS } from '@elida/contracts';
import type { Dialect, NativeReply, Refusal, RequestFacts } from '../dialect.ts';
import { openAiError } from '../openai-chat/errors.ts';
import { isFinalPolicy, refusalHeaders, specOf } from '../refusal.ts';
import { readerFor } from '../reply-reader.ts';
import { isEventStream } from '../sse/frame.ts';
import { contentText, fields, leadingSystemText, strings, text } from '../tolerant.ts';
import { closeCodeOf, closeReason, upgradeRefusal } from '../websocket.ts';
import { followResponse } from './follow-response.ts';
import { blockedResponsesReply, endResponsesByPolicy } from './policy-end.ts';
import { ResponsesReading } from './read-reply.ts';
import { RESPONSES_KEYS, readResponsesContent } from './read-request.ts';

function readRequest(body: unknown): RequestFacts {
  const request = fields(body);
  const { conversation } = request;
  return {
    model: text(request.model),
    stream: request.stream === true,
    hints: {
      ...NO_BODY_HINTS,
      conversation: text(conversation) || text(fields(conversation).id),
      previousReply: text(request.previous_response_id),
      cacheKey: text(request.prompt_cache_key),
      user: text(request.user),
      clientMetadata: strings(request.client_metadata),
      system: contentText(request.instructions) || leadingSystemText(request.input),
    },
  };
}

/** 403 costs Codex six attempts; a 400 stops it at once and is shown as it is. */
const statusOf = (refusal: Refusal): number => (isFinalPolicy(refusal) ? 400 : specOf(refusal).status);

const errorOf = (refusal: Refusal) => ({
  ...openAiError(refusal),
  ...(isFinalPolicy(refusal) ? { type: 'invalid_request_error' } : {}),
});

const nativeError = (refusal: Refusal): NativeReply => ({
  status: statusOf(refusal),
  headers: { ...refusalHeaders(refusal), 'x-request-id': refusal.requestId },
  body: JSON.stringify({ error: errorOf(refusal) }),
});

export const openAiResponses: Dialect = {
  name: 'openai-responses',
  readRequest,
  readContent: readResponsesContent,
  keyRules: RESPONSES_KEYS,
  readReply: (contentType) => readerFor(contentType, () => new ResponsesReading()),
  endByPolicy: (contentType, requestId) => (isEventStream(contentType) ? endResponsesByPolicy(requestId) : null),
  blockedReply: blockedResponsesReply,
  nativeError,
  followStream: (contentType) => (isEventStream(contentType) ? followResponse() : null),
  webSocketRefusal: (refusal) => upgradeRefusal(refusal, nativeError(refusal)),
  webSocketEnd: (refusal) => ({
    frames: [JSON.stringify({ type: 'error', status: statusOf(refusal), error: { ...errorOf(refusal), headers: {} } })],
    closeCode: closeCodeOf(refusal),
    closeReason: closeReason(refusal.message),
  }),
};
