/** What a request says about its conversation: never trusted, only ever mixed with who is calling. */

/** Names of the value spaces. The same text in two scopes is two sessions. */
export type HintScope =
  | 'explicit'
  | 'claude-code'
  | 'codex'
  | 'pi'
  | 'conversation'
  | 'cache-key'
  | 'user'
  | 'baggage'
  | 'mcp'
  | 'client';

export interface Hint {
  /** For people and records: the header's name, `claude-code`, `codex`, `opencode`, `conversation` … */
  readonly kind: string;
  readonly scope: HintScope;
  readonly value: string;
}

/** HMAC-SHA256 under the installation's `session-id` key; at least 16 bytes come back. */
export type Mac = (data: string) => Uint8Array;

// C0, DEL and C1: nothing a client means; and 0x1f joins the parts of a sub-agent's hint.
const CONTROL = /\p{Cc}/u;

/** @returns the value without outer blanks; null where it is empty or holds a control character: such a hint does not count. */
export function usableValue(raw: string | undefined): string | null {
  if (raw === undefined) return null;
  const value = raw.trim();
  return value === '' || CONTROL.test(value) ? null : value;
}

/** The hint of something inside a session: a sub-agent's thread. */
export const within = (outer: Hint, kind: string, inner: string): Hint => ({
  kind,
  scope: outer.scope,
  value: `${outer.value}\u001f${inner}`,
});
