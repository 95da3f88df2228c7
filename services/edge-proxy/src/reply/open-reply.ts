/** Which way a reply takes: bytes, metered, watched, or judged before it leaves. */
import { LIMITS } from '@elida/contracts';
import type { Dialect, DialectName, ReplyReader } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import { codingOf, decodedWhole } from './content-coding.ts';
import { type InspectedInit, InspectedReply } from './inspected-reply.ts';
import type { Metered } from './meter.ts';
import { type BodyReader, CopiedBody, JudgedBody, MeteredStream, meterWhole, type ReplyFlow } from './reply-flow.ts';
import { actsOnReplies, type ReplyVerdict } from './verdict.ts';

export interface OpenReply extends Metered {
  readonly id: string;
  readonly dialect: Dialect;
  /** Of the request. */
  readonly path: string;
  readonly policy: EdgePolicy | null;
  /** The caller asked for a stream. */
  readonly streams: boolean;
  readonly stripUsage: boolean;
}

export interface ReplyWay {
  /** Null: bytes to us. */
  readonly flow: ReplyFlow | null;
  /** What the flow wants: whole events of a stream, whole lines, or bytes as they come. */
  readonly framing: 'events' | 'lines' | 'none';
  /** To be decoded before it is pushed. */
  readonly decode: ReturnType<typeof codingOf>;
}

const BYTES: ReplyWay = { flow: null, framing: 'none', decode: null };

/** Clients of a typed wire read a reply as what they asked for, whatever its header says. */
const TYPED: ReadonlySet<DialectName> = new Set(['openai-chat', 'openai-responses', 'anthropic-messages'] as const);
/** Of other wires: what is no text, such as speech, pictures and files. */
const UNTOLD = /^(?:|text\/.*|application\/octet-stream)\s*(?:;|$)/;

/**
 * @param contentType lower case. @param coding of `content-encoding`; empty or `identity`: none.
 * @throws Fault upstream_failed: rules act on replies, and this one cannot be read.
 */
export function openReply(reply: OpenReply, status: number, contentType: string, coding: string): ReplyWay {
  const policy = inspecting(reply.policy);
  const type = policy === null ? contentType : assumedType(reply, contentType);
  const reader = reply.dialect.readReply(type);
  if (reader === null) return BYTES;
  const framing = type.startsWith('text/event-stream') ? 'events' : /jsonl|ndjson/.test(type) ? 'lines' : 'none';
  const isCoded = coding !== '' && coding !== 'identity';
  if (policy !== null && actsOnReplies(policy)) {
    const init = { ...initOf(reply, policy, type), failed: status >= 400 };
    const decode = isCoded ? codingOf(coding) : null;
    if (isCoded && decode === null)
      throw new Fault('upstream_failed', 'The provider coded its reply in a way that cannot be inspected');
    const flow = framing === 'none' ? new JudgedBody(init, reader) : new InspectedReply(init, reader);
    return { flow, framing, decode };
  }
  if (framing === 'none' || isCoded) {
    const flow = new CopiedBody(copiedBytesMax(policy), readerOf(reply, policy, type, reader, coding));
    return { flow, framing: 'none', decode: null };
  }
  const flow =
    policy === null
      ? new MeteredStream(reader, reply, reply.stripUsage)
      : new InspectedReply(initOf(reply, policy, type), reader);
  return { flow, framing, decode: null };
}

const inspecting = (policy: EdgePolicy | null): EdgePolicy | null =>
  policy !== null && (policy.inspects.reply || policy.inspects.toolCalls) ? policy : null;

/** The type under which a client reads it: the header's where we read that as well. */
function assumedType({ dialect, streams, path }: OpenReply, contentType: string): string {
  if (dialect.readReply(contentType) !== null) return contentType;
  // Anthropic's header is on the way to its files, too.
  const isTyped = TYPED.has(dialect.name) && !(dialect.name === 'anthropic-messages' && path.includes('/files/'));
  if (!isTyped && !UNTOLD.test(contentType)) return contentType;
  return streams ? 'text/event-stream' : 'application/json';
}

const initOf = (reply: OpenReply, policy: EdgePolicy, contentType: string): InspectedInit => ({
  policy,
  dialect: reply.dialect,
  contentType,
  requestId: reply.id,
  into: reply,
  stripUsage: reply.stripUsage,
  heldBytesMax: LIMITS.judgedReplyBytesMax.value,
});

const copiedBytesMax = (policy: EdgePolicy | null): number =>
  (policy === null ? LIMITS.meteredReplyBytesMax : LIMITS.judgedReplyBytesMax).value;

/** For a body that has left already: what it said. */
function readerOf(
  reply: OpenReply,
  policy: EdgePolicy | null,
  contentType: string,
  reader: ReplyReader,
  coding: string,
): BodyReader {
  return (given, pace) => {
    const body = given === null || coding === '' || coding === 'identity' ? given : decoded(given, coding, policy);
    if (policy === null) {
      if (body !== null) meterWhole(reader, reply, body);
      return null;
    }
    const inspected = new InspectedReply(initOf(reply, policy, contentType), reader);
    const told = (): ReplyVerdict => {
      inspected.end();
      return inspected.verdict();
    };
    if (body === null) inspected.unread();
    else if (pace !== null) return inspected.pushSlowly(body, pace).then(told);
    else inspected.push(body);
    return told();
  };
}

function decoded(bytes: Uint8Array, name: string, policy: EdgePolicy | null): Uint8Array | null {
  const coding = codingOf(name);
  return coding === null ? null : decodedWhole(coding, bytes, copiedBytesMax(policy));
}
