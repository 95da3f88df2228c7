/**
 * Which session a request says it belongs to. The first that is present counts:
 *   1. the configured session headers        2. Claude Code, Codex, opencode, pi: headers
 *   3. baggage `gen_ai.conversation.id`      4. `mcp-session-id`
 *   5. Claude Code, Codex: body              6. `conversation`       7. the reply it goes on from
 *   8. `prompt_cache_key`                    9. `user`
 * Headers come before bodies, so that what a header says holds before the body has arrived, and a body cannot change it.
 */
import { type BodyHints, NO_BODY_HINTS } from '@elida/contracts';
import {
  claudeCodeBodyHint,
  claudeCodeHint,
  codexBodyHint,
  codexHint,
  type InnerThread,
  openCodeHint,
  piHint,
  requestClassOf,
  threadInBody,
  threadInHeaders,
} from './agents.ts';
import { type Headers, header } from './headers.ts';
import { type Hint, usableValue, within } from './hint.ts';
import { type Labels, labelsOf } from './labels.ts';

export interface HintOptions {
  /** Lower case, in order of precedence: `session.header` of the configuration. */
  readonly sessionHeaders: readonly string[];
}

export const SESSION_HEADERS: readonly string[] = [
  'x-elida-session-id',
  'x-session-id',
  'x-cylestio-conversation-id',
  'x-cylestio-session-id',
];

export interface FoundHints extends Labels {
  /** null: nothing names the conversation; it is this client's with that backend. */
  readonly hint: Hint | null;
  /** The session that started this one. Derived under the caller's own tenant and principal, so it is always theirs. */
  readonly parent: Hint | null;
  /** A parent claimed by session id (`ses_…`): believe it only where that session has the same tenant and principal. */
  readonly parentSid: string;
  /**
   * Not empty: look up which session answered with this reply id (`replyKeyOf`); its session is this one. Only where
   * that finds nothing does `hint` count.
   */
  readonly previousReply: string;
  readonly requestClass: string;
}

const SID = /^ses_[a-z2-7]{26}$/;

function explicitHint(headers: Headers, options: HintOptions): Hint | null {
  for (const name of options.sessionHeaders) {
    const value = usableValue(header(headers, name));
    if (value === null) continue;
    const isOpenCode = name === 'x-session-id' && headers['x-session-affinity'] === value;
    return { kind: isOpenCode ? 'opencode' : name, scope: 'explicit', value };
  }
  return null;
}

/** W3C Baggage: `key=value;property, …`, values percent-encoded. */
function baggageHint(headers: Headers): Hint | null {
  const found = /(?:^|,)\s*gen_ai\.conversation\.id\s*=\s*([^,;]+)/.exec(header(headers, 'baggage') ?? '')?.[1];
  if (found === undefined) return null;
  let decoded = found;
  try {
    decoded = decodeURIComponent(found);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  const value = usableValue(decoded);
  return value === null ? null : { kind: 'baggage', scope: 'baggage', value };
}

function named(kind: string, scope: Hint['scope'], raw: string | undefined): Hint | null {
  const value = usableValue(raw);
  return value === null ? null : { kind, scope, value };
}

const inHeaders = (headers: Headers, options: HintOptions): Hint | null =>
  explicitHint(headers, options) ??
  claudeCodeHint(headers) ??
  codexHint(headers) ??
  openCodeHint(headers) ??
  piHint(headers) ??
  baggageHint(headers) ??
  named('mcp', 'mcp', header(headers, 'mcp-session-id'));

const strongInBody = (headers: Headers, body: BodyHints): Hint | null =>
  claudeCodeBodyHint(body) ?? codexBodyHint(headers, body) ?? named('conversation', 'conversation', body.conversation);

const weakInBody = (body: BodyHints): Hint | null =>
  named('cache-key', 'cache-key', body.cacheKey) ??
  named('user', 'user', body.user) ??
  named('user', 'user', body.metadataUserId);

/** A sub-agent's session is the thread inside the session; its parent the thread that started it. */
function nest(base: Hint, thread: InnerThread | null): { hint: Hint; parent: Hint | null } {
  if (thread === null) return { hint: base, parent: null };
  const parent = thread.parent === '' ? base : within(base, thread.kind, thread.parent);
  return { hint: within(base, thread.kind, thread.id), parent };
}

function claimedParent(headers: Headers, own: Hint | null): { parent: Hint | null; parentSid: string } {
  const claimed = usableValue(header(headers, 'x-elida-parent-session') ?? header(headers, 'x-parent-session-id'));
  if (claimed === null) return { parent: null, parentSid: '' };
  if (SID.test(claimed)) return { parent: null, parentSid: claimed };
  const isSelf = own?.scope === 'explicit' && own.value === claimed;
  return { parent: isSelf ? null : { kind: 'parent', scope: 'explicit', value: claimed }, parentSid: '' };
}

/**
 * @param body null while it has not arrived, or where the wire has none. Where `hint` comes out non-null with null, it
 *   comes out the same with any body.
 */
export function findHints(headers: Headers, body: BodyHints | null, options: HintOptions): FoundHints {
  const said = body ?? NO_BODY_HINTS;
  const early = inHeaders(headers, options);
  const strong = early ?? strongInBody(headers, said);
  const thread = threadInHeaders(headers) ?? (early === null ? threadInBody(said) : null);
  const nested = strong === null ? { hint: weakInBody(said), parent: null } : nest(strong, thread);
  const claimed = nested.parent === null ? claimedParent(headers, nested.hint) : { parent: null, parentSid: '' };
  return {
    hint: nested.hint,
    parent: nested.parent ?? claimed.parent,
    parentSid: claimed.parentSid,
    previousReply: strong === null ? (usableValue(said.previousReply) ?? '') : '',
    requestClass: requestClassOf(headers),
    ...labelsOf(headers),
  };
}
