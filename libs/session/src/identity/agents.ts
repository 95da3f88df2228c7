/** How the coding agents we know name their session, and the sub-agents inside it. Measured on real clients. */
import type { BodyHints } from '@elida/contracts';
import { type Headers, header } from './headers.ts';
import { type Hint, usableValue } from './hint.ts';

/** A thread inside a session: a sub-agent. `parent` is empty where the session's own thread started it. */
export interface InnerThread {
  readonly kind: 'claude-code' | 'codex';
  readonly id: string;
  readonly parent: string;
}

const hint = (kind: string, scope: Hint['scope'], raw: string | undefined): Hint | null => {
  const value = usableValue(raw);
  return value === null ? null : { kind, scope, value };
};

/** JSON that a client packed into a string; junk is the same as nothing. */
function packed(raw: string | undefined): Readonly<Record<string, unknown>> {
  if (raw === undefined || !raw.startsWith('{')) return {};
  try {
    return JSON.parse(raw) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function claudeCodeHint(headers: Headers): Hint | null {
  return hint('claude-code', 'claude-code', header(headers, 'x-claude-code-session-id'));
}

/** `metadata.user_id`: JSON with a session_id, formerly `user_<hash>_account_<uuid>_session_<uuid>`. */
export function claudeCodeBodyHint(body: BodyHints): Hint | null {
  const raw = body.metadataUserId;
  const legacy = /_session_([0-9a-f-]{36})$/.exec(raw)?.[1];
  return hint('claude-code', 'claude-code', textOf(packed(raw).session_id) ?? legacy);
}

function claudeCodeThread(headers: Headers): InnerThread | null {
  const id = usableValue(header(headers, 'x-claude-code-agent-id'));
  if (id === null || header(headers, 'x-claude-code-request-class') === 'main') return null;
  const parent = usableValue(header(headers, 'x-claude-code-parent-agent-id')) ?? '';
  return { kind: 'claude-code', id, parent: parent === id ? '' : parent };
}

interface CodexNames {
  readonly session: string | undefined;
  readonly thread: string | undefined;
  readonly parent: string | undefined;
  readonly requestKind: string | undefined;
}

function codexNames(named: (name: string) => string | undefined, dash: string): CodexNames {
  const turn = packed(named('x-codex-turn-metadata'));
  return {
    session: named(`session${dash}id`) ?? textOf(turn.session_id),
    thread: named(`thread${dash}id`) ?? textOf(turn.thread_id),
    parent: named('x-codex-parent-thread-id') ?? textOf(turn.parent_thread_id),
    requestKind: textOf(turn.request_kind),
  };
}

const codexHeaders = (headers: Headers): CodexNames => codexNames((name) => header(headers, name), '-');
const codexMetadata = (body: BodyHints): CodexNames => codexNames((name) => body.clientMetadata[name], '_');

export const codexHint = (headers: Headers): Hint | null => hint('codex', 'codex', codexHeaders(headers).session);

/** `client_metadata` of a body or frame; without it `prompt_cache_key`, where the headers say that Codex speaks. */
export function codexBodyHint(headers: Headers, body: BodyHints): Hint | null {
  const isCodex = header(headers, 'originator')?.startsWith('codex') === true;
  const named = hint('codex', 'codex', codexMetadata(body).session);
  return named ?? (isCodex ? hint('codex', 'codex', body.cacheKey) : null);
}

function codexThread(names: CodexNames): InnerThread | null {
  const id = usableValue(names.thread);
  if (id === null || names.session === undefined || id === names.session) return null;
  const parent = usableValue(names.parent);
  return { kind: 'codex', id, parent: parent === null || parent === names.session || parent === id ? '' : parent };
}

export const threadInHeaders = (headers: Headers): InnerThread | null =>
  claudeCodeThread(headers) ?? codexThread(codexHeaders(headers));

export const threadInBody = (body: BodyHints): InnerThread | null => codexThread(codexMetadata(body));

/** opencode sends one id in two headers; the second counts where the first is not configured as a session header. */
export const openCodeHint = (headers: Headers): Hint | null =>
  hint('opencode', 'explicit', header(headers, 'x-session-affinity'));

export const piHint = (headers: Headers): Hint | null => hint('pi', 'pi', header(headers, 'session_id'));

/** `main`, `subagent`, `auxiliary`, `compaction`, `turn`, `prewarm` …: what the client says this request is for. */
export function requestClassOf(headers: Headers): string {
  const claimed = header(headers, 'x-claude-code-request-class') ?? codexHeaders(headers).requestKind ?? '';
  return /^[\w-]{1,32}$/.test(claimed) ? claimed : '';
}

/** Claude Code begins every run with `HEAD /api/hello`, without key or session: neither a session nor a failed login. */
export const isClientProbe = (method: string, path: string): boolean =>
  method === 'HEAD' && /^[^?]*\/api\/hello(?:\?|$)/.test(path);
