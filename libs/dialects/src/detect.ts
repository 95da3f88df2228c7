/** Which wire a request speaks, by method, path and headers. Prefixes in front of the path do not matter. */
import { anthropicMessages } from './anthropic-messages/index.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { openAi, openAiChat } from './openai-chat/index.ts';
import { openAiResponses } from './openai-responses/index.ts';
import { plain } from './plain/index.ts';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  'openai-chat': openAiChat,
  'openai-responses': openAiResponses,
  openai: openAi,
  'anthropic-messages': anthropicMessages,
  plain,
};

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const VERSION = /^v\d+$/;

/** First path segment behind /v1 of the OpenAI endpoints that are no conversation. */
const OPENAI_FAMILY: ReadonlySet<string> = new Set([
  'assistants',
  'audio',
  'batches',
  'chat',
  'completions',
  'containers',
  'conversations',
  'embeddings',
  'files',
  'fine_tuning',
  'images',
  'models',
  'moderations',
  'realtime',
  'threads',
  'uploads',
  'vector_stores',
]);

function inOpenAiFamily(segments: readonly string[]): boolean {
  // Cohere's /v2/chat is another wire. Azure: /openai/deployments/<name>/…, /openai/v1/…
  if (segments.includes('deployments') && segments.includes('openai')) return true;
  return segments.some((segment, index) => segment === 'v1' && OPENAI_FAMILY.has(segments[index + 1] ?? ''));
}

/**
 * @param path raw request target, with or without query. What is forwarded is never normalised; what it is taken for is, as
 *   servers do: who may write `%63hat` for `chat` must not choose by it which rules there are.
 * @param headers names in lower case, as Node gives them.
 */
export function detect(method: string, path: string, headers: Headers): Dialect {
  const pathOnly = asServersRead(path);
  if (pathOnly.endsWith('/chat/completions')) return openAiChat;
  const segments = pathOnly.split('/');
  if (segments.includes('responses') && isResponses(method, segments)) return openAiResponses;
  if (headers['anthropic-version'] !== undefined) return anthropicMessages;
  if (segments.includes('messages') && isMessages(segments)) return anthropicMessages;
  // Gemini and Vertex: …/models/<model>:generateContent
  if (headers['x-goog-api-key'] !== undefined || pathOnly.includes(':')) return plain;
  return inOpenAiFamily(segments) ? openAi : plain;
}

/** /v1/responses and below it; without a version only the endpoint itself: Codex's own back end, older Azure. */
function isResponses(method: string, segments: readonly string[]): boolean {
  const before = segments[segments.indexOf('responses') - 1] ?? '';
  if (VERSION.test(before) || before === 'openai') return true;
  return segments.at(-1) === 'responses' && (method === 'POST' || before === 'codex');
}

/** /v1/messages and below it. OpenAI's threads have messages too: /v1/threads/<id>/messages. */
function isMessages(segments: readonly string[]): boolean {
  const before = segments[segments.indexOf('messages') - 1] ?? '';
  return VERSION.test(before) || before === 'anthropic';
}

const UNUSUAL = /[%;A-Z\\]|\/\/|\/\.|\/$/;

/** Letters that need no escape, one slash for many, none at the end, `.` and `..` resolved, no parameters behind `;`. */
function asServersRead(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (!UNUSUAL.test(path)) return path;
  const plainPath = path.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const out: string[] = [];
  for (const segment of plainPath.replaceAll('\\', '/').split('/')) {
    const name = segment.replace(/;.*/, '');
    if (name === '..') out.pop();
    else if (name !== '' && name !== '.') out.push(name);
  }
  return `/${out.join('/')}`.toLowerCase();
}
