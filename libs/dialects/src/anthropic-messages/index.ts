/** POST /v1/messages and its siblings (count_tokens, batches). */
import { NO_BODY_HINTS } from '@elida/contracts';
import type { Dialect, NativeReply, Refusal, RequestFacts } from '../dialect.ts';
import { refusalHeaders, specOf } from '../refusal.ts';
import { readerFor } from '../reply-reader.ts';
import { isEventStream, namedEvent, utf8 } from '../sse/frame.ts';
import { contentText, fields, leadingSystemText, text } from '../tolerant.ts';
import { plainWebSocketEnd, upgradeRefusal } from '../websocket.ts';
import { anthropicError } from './errors.ts';
import { blockedAnthropicReply, endAnthropicByPolicy } from './policy-end.ts';
import { AnthropicReading } from './read-reply.ts';
import { ANTHROPIC_KEYS, readAnthropicContent } from './read-request.ts';

// Claude Code's first system block: it changes with the prompt, so it says nothing about the agent.
const isStable = (part: string): boolean => !part.startsWith('x-anthropic-billing-header');

function readRequest(body: unknown): RequestFacts {
  const request = fields(body);
  return {
    model: text(request.model),
    stream: request.stream === true,
    hints: {
      ...NO_BODY_HINTS,
      metadataUserId: text(fields(request.metadata).user_id),
      previousReply: text(fields(request.thread).previous_message_id),
      system: contentText(request.system, isStable) || leadingSystemText(request.messages),
    },
  };
}

function nativeError(refusal: Refusal): NativeReply {
  return {
    status: specOf(refusal).status,
    // The SDK shows `request-id` as the error's request id.
    headers: { ...refusalHeaders(refusal), 'request-id': refusal.requestId },
    body: JSON.stringify(anthropicError(refusal)),
  };
}

export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  readRequest,
  readContent: readAnthropicContent,
  keyRules: ANTHROPIC_KEYS,
  readReply: (contentType) => readerFor(contentType, () => new AnthropicReading()),
  endByPolicy: (contentType, requestId) => (isEventStream(contentType) ? endAnthropicByPolicy(requestId) : null),
  blockedReply: blockedAnthropicReply,
  nativeError,
  followStream: (contentType) =>
    isEventStream(contentType)
      ? { released: () => {}, end: (refusal) => utf8(namedEvent('error', anthropicError(refusal))) }
      : null,
  webSocketRefusal: (refusal) => upgradeRefusal(refusal, nativeError(refusal)),
  webSocketEnd: plainWebSocketEnd,
};
