/** Anything else: bytes in, bytes out. Errors are small JSON; a stream is ended where its framing allows it. */
import { NO_BODY_HINTS } from '@elida/contracts';
import type { Dialect, NativeReply, Refusal, StreamFollower } from '../dialect.ts';
import { refusalHeaders, specOf } from '../refusal.ts';
import type { PolicyEnd } from '../reply.ts';
import { readerFor } from '../reply-reader.ts';
import { isEventStream, namedEvent, utf8 } from '../sse/frame.ts';
import { fields, text } from '../tolerant.ts';
import { plainWebSocketEnd, upgradeRefusal } from '../websocket.ts';
import { PlainReading } from './read-reply.ts';
import { readPlainContent } from './read-request.ts';

const plainError = (refusal: Refusal) => ({
  error: refusal.code,
  message: refusal.message,
  request_id: refusal.requestId,
});

const nativeError = (refusal: Refusal): NativeReply => ({
  status: specOf(refusal).status,
  headers: refusalHeaders(refusal),
  body: JSON.stringify(plainError(refusal)),
});

function followStream(contentType: string): StreamFollower | null {
  if (isEventStream(contentType)) {
    return { released: () => {}, end: (refusal) => utf8(namedEvent('error', plainError(refusal))) };
  }
  // NDJSON as Ollama writes it: an error is a line {"error": text}.
  if (contentType.toLowerCase().startsWith('application/x-ndjson')) {
    return { released: () => {}, end: (refusal) => utf8(`${JSON.stringify({ error: refusal.message })}\n`) };
  }
  return null;
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** Nothing is known of its end but its framing: an error event, or an error line. */
const blockedReply = (_reply: unknown, message: string, requestId: string): string =>
  JSON.stringify({ error: 'blocked', message, request_id: requestId });

function endByPolicy(contentType: string, requestId: string): PolicyEnd | null {
  const follower = followStream(contentType);
  if (follower === null) return null;
  return { released: () => {}, end: (message) => follower.end({ code: 'blocked', message, requestId }) };
}

export const plain: Dialect = {
  name: 'plain',
  readRequest: (body) => ({
    model: text(fields(body).model),
    stream: fields(body).stream === true,
    hints: NO_BODY_HINTS,
  }),
  readContent: readPlainContent,
  keyRules: { known: NO_KEYS, free: NO_KEYS },
  readReply: (contentType) => readerFor(contentType, () => new PlainReading()),
  endByPolicy,
  blockedReply,
  nativeError,
  followStream,
  webSocketRefusal: (refusal) => upgradeRefusal(refusal, nativeError(refusal)),
  webSocketEnd: plainWebSocketEnd,
};
