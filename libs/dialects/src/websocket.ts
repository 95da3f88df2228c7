/** Ends of a WebSocket that hold on every wire. */
import type { NativeReply, Refusal, WebSocketEnd } from './dialect.ts';
import { isFinalPolicy, specOf } from './refusal.ts';

const encoder = new TextEncoder();

/** A close reason has room for 123 bytes (RFC 6455 §5.5); it is cut between characters. */
export function closeReason(message: string): string {
  const bytes = new Uint8Array(123);
  const { read } = encoder.encodeInto(message, bytes);
  return message.slice(0, read);
}

/** 1008 policy violation · 1012 service restart · 1013 try again later · 1011 internal error (IANA registry). */
export function closeCodeOf(refusal: Refusal): number {
  if (refusal.code === 'draining') return 1012;
  const { blame } = specOf(refusal);
  if (blame === 'policy' || blame === 'caller') return 1008;
  return blame === 'dependency' ? 1013 : 1011;
}

export const plainWebSocketEnd = (refusal: Refusal): WebSocketEnd => ({
  frames: [],
  closeCode: closeCodeOf(refusal),
  closeReason: closeReason(refusal.message),
});

/** Codex tries an upgrade again after 401 and 403, and gives up at once, with the reason, after 400. */
export const upgradeRefusal = (refusal: Refusal, native: NativeReply): NativeReply =>
  isFinalPolicy(refusal) ? { ...native, status: 400 } : native;
