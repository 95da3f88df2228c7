/** POST /v1/chat/completions, and the rest of the OpenAI family that has no conversation of its own. */
import { NO_BODY_HINTS } from '@elida/contracts';
import type { Dialect, NativeReply, Refusal, RequestFacts } from '../dialect.ts';
import { OpenAiReading } from '../openai/read-reply.ts';
import { readOpenAiContent } from '../openai/read-request.ts';
import { refusalHeaders, specOf } from '../refusal.ts';
import { readerFor } from '../reply-reader.ts';
import { dataEvent, isEventStream, utf8 } from '../sse/frame.ts';
import { fields, leadingSystemText, strings, text } from '../tolerant.ts';
import { plainWebSocketEnd, upgradeRefusal } from '../websocket.ts';
import { openAiError } from './errors.ts';
import { blockedChatReply, endChatByPolicy } from './policy-end.ts';
import { ChatReading } from './read-reply.ts';
import { CHAT_KEYS, readChatContent } from './read-request.ts';

function readRequest(body: unknown): RequestFacts {
  const request = fields(body);
  return {
    model: text(request.model),
    stream: request.stream === true,
    hints: {
      ...NO_BODY_HINTS,
      cacheKey: text(request.prompt_cache_key),
      user: text(request.user),
      clientMetadata: strings(request.client_metadata),
      system: leadingSystemText(request.messages),
    },
  };
}

function nativeError(refusal: Refusal): NativeReply {
  return {
    status: specOf(refusal).status,
    // The SDK shows `x-request-id` as the error's request id.
    headers: { ...refusalHeaders(refusal), 'x-request-id': refusal.requestId },
    body: JSON.stringify({ error: openAiError(refusal) }),
  };
}

export const openAiChat: Dialect = {
  name: 'openai-chat',
  readRequest,
  readContent: readChatContent,
  keyRules: CHAT_KEYS,
  readReply: (contentType) => readerFor(contentType, () => new ChatReading()),
  endByPolicy: (contentType, requestId) => (isEventStream(contentType) ? endChatByPolicy(requestId) : null),
  blockedReply: blockedChatReply,
  nativeError,
  followStream: (contentType) =>
    isEventStream(contentType)
      ? {
          released: () => {},
          end: (refusal) => utf8(`${dataEvent({ error: openAiError(refusal) })}data: [DONE]\n\n`),
        }
      : null,
  webSocketRefusal: (refusal) => upgradeRefusal(refusal, nativeError(refusal)),
  webSocketEnd: plainWebSocketEnd,
};

export const openAi: Dialect = {
  ...openAiChat,
  name: 'openai',
  readContent: readOpenAiContent,
  readReply: (contentType) => readerFor(contentType, () => new OpenAiReading()),
};
