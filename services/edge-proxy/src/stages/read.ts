/** The body: read whole and parsed at most once where its wire is known and it is JSON; passed through as it comes elsewhere. */
import { LIMITS } from '@elida/contracts';
import { type Dialect, keyProblem, modelInPath, type RequestFacts } from '@elida/dialects';
import { Fault, type Installation } from '@elida/kernel';
import type { BodyLimit, Caller, Payload } from '../caller.ts';
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import { choosePolicy } from '../tables/edge-policy.ts';
import type { Tables } from '../tables/tables.ts';
import type { Admission } from './admit.ts';
import { decodeBody } from './decode-body.ts';
import { possiblePrincipals } from './principal.ts';
import { policyReadsModel } from './route.ts';

/** Wires whose body names the model, whatever content type it comes under. */
const MODEL_REQUESTS: ReadonlySet<string> = new Set(['openai-chat', 'openai-responses', 'anthropic-messages']);

/** Bodies that are bytes to every rule: files, pictures, sound. A caller says so, and some servers never look. */
const BYTES = /^(?:multipart|audio|image|video|font)\//i;
/** Where uploads go. A path that another server reads differently is none. */
const UPLOADS =
  /^(?!.*(?:[%;\\]|\.\.|\/\/)).*\/(?:audio|containers|files|images|skills|uploads|vector_stores|videos)(?:\/|$)/;

export interface Read {
  /** What goes out. */
  payload: Payload;
  /** null: the body was not read. */
  readonly facts: RequestFacts | null;
  /** The parsed body; undefined where it is none that we read. */
  json: unknown;
  /** The bytes that were parsed: the payload, or what it holds where it is compressed. */
  text: Buffer | null;
  /** A rule changed it: it goes out as text, whatever coding it came in. */
  edited: boolean;
}

/** Whether the policy of whoever this turns out to be wants to see what the request says. */
export function mustInspect({ policies }: Tables, admission: Admission, installation: Installation): boolean {
  if (policies.length === 0) return false;
  const key = admission.key?.id ?? '';
  return possiblePrincipals(admission, installation).some(
    (principal) => choosePolicy(policies, { ...principal, key })?.inspects.request === true,
  );
}

const unread = (payload: Payload): Read => ({ payload, facts: null, json: undefined, text: null, edited: false });

/**
 * @param inspected the policy wants to see what it says.
 * @throws Fault body_too_large, request_timeout, overloaded, bad_json, bad_request; CallerGone.
 */
export async function read(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  inspected: boolean,
): Promise<Read> {
  const limit: BodyLimit = {
    bytesMax: tables.settings.bodyBytesMax,
    readMs: LIMITS.bodyReadMs.value,
    deadlines: edge.deadlines,
    budget: edge.budget,
  };
  exchange.model = modelInPath(exchange.path);
  if (caller.bodyBytes === 0) return unread(null);
  if (caller.bodyBytes > limit.bytesMax) {
    throw new Fault('body_too_large', `The body is larger than ${limit.bytesMax} bytes`);
  }
  const type = String(caller.headers['content-type'] ?? '');
  const isModel = MODEL_REQUESTS.has(exchange.dialect.name);
  const mustRead = isModel && (inspected || policyReadsModel(tables));
  const isUpload = !isModel && UPLOADS.test(exchange.path);
  const isRead = inspected ? !(isUpload && BYTES.test(type)) : exchange.dialect.name !== 'plain' && isText(type);
  const isKept = tables.settings.captureMode === 'all' && isText(type);
  if (!(isRead || mustRead || isKept)) return unread(caller.stream(limit));

  const started = edge.clock.monotonic();
  const payload = await caller.collect(limit);
  exchange.waitedMs += edge.clock.monotonic() - started;
  exchange.bufferedBytes = payload.length;
  if (!(isRead || mustRead)) return unread(payload);
  const coding = caller.headers['content-encoding'];
  if (coding !== undefined && !(inspected || mustRead)) return unread(payload);
  const text = coding === undefined ? payload : await opened(edge, exchange, payload, String(coding), limit.bytesMax);
  const json = parse(text, mustRead ? 'json' : type) ?? (inspected && !isUpload ? unparsed(text) : undefined);
  if (json === undefined) return unread(payload);
  if (mustRead || inspected) refuseAmbiguous(text, exchange.dialect);
  const facts = exchange.dialect.readRequest(json);
  exchange.model = facts.model || exchange.model;
  exchange.streams = facts.stream;
  return { payload, facts, json, text, edited: false };
}

/** What it holds counts against the edge's budget beside what came. */
async function opened(
  edge: Edge,
  exchange: RunningExchange,
  payload: Buffer,
  coding: string,
  bytesMax: number,
): Promise<Buffer> {
  const text = await decodeBody(payload, coding, bytesMax);
  if (text === payload) return text;
  if (!edge.budget.take(text.length)) throw new Fault('overloaded', 'Too many large bodies at once');
  exchange.bufferedBytes += text.length;
  return text;
}

/** What the provider reads must be what was read here: the first of two keys wins in one parser, the last in another. */
function refuseAmbiguous(body: Buffer, { keyRules }: Dialect): void {
  const problem = keyProblem(body, keyRules);
  if (problem) throw new Fault('bad_json', `Parsers read the body differently (${problem.kind} key "${problem.key}")`);
}

/** Multipart uploads, audio and other bytes carry nothing that we read. `curl -d` calls everything a form. */
const isText = (type: string): boolean => type === '' || /json|^text\/|x-www-form-urlencoded/i.test(type);

/** Many documents, one a line. */
const LINES = /ndjson|jsonl/i;

/** @returns undefined where it is no JSON and does not claim to be; of documents in lines a list of them. */
function parse(body: Buffer, type: string): unknown {
  try {
    const text = body.toString('utf8');
    if (!LINES.test(type)) return JSON.parse(text);
    return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as unknown]));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (/json/i.test(type)) throw new Fault('bad_json');
    return undefined;
  }
}

/** What UTF-16 and binary data have in it, and text has not. */
const NUL = 0;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A body under a policy that is no JSON: documents in lines under another name, or text, which is one string to the rules.
 *
 * @returns undefined where it is bytes.
 * @throws Fault bad_json: other parsers may read it (`NaN`, something behind it, UTF-16), so it cannot be inspected.
 */
function unparsed(body: Buffer): unknown {
  if (LIKE_UTF_16.test(body.toString('latin1', 0, 4))) throw new Fault('bad_json');
  if (body.includes(NUL)) return undefined;
  const text = textOf(body);
  if (text === null || !text.trimStart().startsWith('{')) return text ?? undefined;
  return parse(body, 'application/jsonl');
}

/** A byte order mark, or an ASCII letter on either side of a zero. */
const LIKE_UTF_16 = /^(?:\xff\xfe|\xfe\xff|\0{0,3}[{["\s]\0|\0{1,3}[{["\s])/;

/** @returns null where it is not UTF-8. */
function textOf(body: Buffer): string | null {
  try {
    return utf8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
