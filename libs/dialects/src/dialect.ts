/** The faces of a wire. */
import type { BodyHints, FaultCode } from '@elida/contracts';
import type { KeyRules } from './json/key-problem.ts';
import type { PolicyEnd, ReplyReader } from './reply.ts';
import type { RequestContent } from './segment.ts';

/** `openai`: the further endpoints of the OpenAI family (embeddings, models, files …), with its errors. */
export type DialectName = 'openai-chat' | 'openai-responses' | 'openai' | 'anthropic-messages' | 'plain';

export interface RequestFacts {
  /** As the client wrote it; empty where the body names none. */
  readonly model: string;
  readonly stream: boolean;
  readonly hints: BodyHints;
}

/** Why an exchange is refused or cut, in the words the client may read. */
export interface Refusal {
  readonly code: FaultCode;
  /** Shown to a person as it stands: it carries the reason. */
  readonly message: string;
  readonly requestId: string;
  /** Seconds. Sent with codes whose retry can help. */
  readonly retryAfterS?: number;
}

/** An HTTP reply in the wire's own shape. Header names are lower case; content-length is the server's business. */
export interface NativeReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Looks on while a reply streams, so that it can be ended as the wire ends. Costs two assignments per call. */
export interface StreamFollower {
  /** What the client has just been sent: whole events only. The bytes are kept by reference and must not be reused. */
  released(events: Uint8Array): void;
  /** Bytes to send after the last released event; then the stream is closed. */
  end(refusal: Refusal): Uint8Array;
}

export interface WebSocketEnd {
  /** Text frames for the client before the close frame. */
  readonly frames: readonly string[];
  /** RFC 6455 §7.4.1. */
  readonly closeCode: number;
  /** At most 123 bytes of UTF-8 (RFC 6455 §5.5). */
  readonly closeReason: string;
}

export interface Dialect {
  readonly name: DialectName;
  /** Of a parsed JSON body or WebSocket text frame. Any value is taken, junk gives empty facts. */
  readRequest(body: unknown): RequestFacts;
  /** All that it says. Of a parsed JSON body or WebSocket text frame; junk says nothing. */
  readContent(body: unknown): RequestContent;
  /** For `keyProblem`: before a parse is trusted. */
  readonly keyRules: KeyRules;
  /** @returns null where a reply of this content type is bytes to us. */
  readReply(contentType: string): ReplyReader | null;
  /** For a reply that a rule stops while it streams. Null where this content type has no native end. */
  endByPolicy(contentType: string, requestId: string): PolicyEnd | null;
  /**
   * A body in place of one that a rule stopped before any of it was sent: the same end, status 200.
   *
   * @param reply the parsed body of the provider. @param message the public reason.
   */
  blockedReply(reply: unknown, message: string, requestId: string): string;
  /** The refusal table of the docs (docs/refusals.md): status, native body, `x-should-retry`, `x-elida-code`. */
  nativeError(refusal: Refusal): NativeReply;
  /** @returns null where a reply of this content type has no native end: drop the connection instead. */
  followStream(contentType: string): StreamFollower | null;
  /** Answer to a WebSocket upgrade. A policy's refusal is 400 here: clients try again after 401 and 403. */
  webSocketRefusal(refusal: Refusal): NativeReply;
  webSocketEnd(refusal: Refusal): WebSocketEnd;
}
