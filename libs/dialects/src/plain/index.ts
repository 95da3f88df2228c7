/** Anything else: bytes in, bytes out. Errors are small JSON; a stream is ended where its framing allows it. */
import { NO_BODY_HINTS } from '@elida/contracts';
import type { Dialect, NativeReply, Refusal, StreamFollower } from '../dialect.ts';
import { refusalHeaders, specOf } from '../refusal.ts';
import { isEventStream, namedEvent, utf8 } from '../sse/frame.ts';
import { fields, text } from '../tolerant.ts';
import { plainWebSocketEnd, upgradeRefusal } from '../websocket.ts';

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

export const plain: Dialect = {
  name: 'plain',
  readRequest: (body) => ({
    model: text(fields(body).model),
    stream: fields(body).stream === true,
    hints: NO_BODY_HINTS,
  }),
  nativeError,
  followStream,
  webSocketRefusal: (refusal) => upgradeRefusal(refusal, nativeError(refusal)),
  webSocketEnd: plainWebSocketEnd,
};
