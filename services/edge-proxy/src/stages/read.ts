/** The body: read whole and parsed at most once where its wire is known and it is JSON; passed through as it comes elsewhere. */
import { LIMITS } from '@elida/contracts';
import { type Dialect, keyProblem, modelInPath, type RequestFacts } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { BodyLimit, Caller, Payload } from '../caller.ts';
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Tables } from '../tables/tables.ts';
import { policyReadsModel } from './route.ts';

/** Wires whose body names the model, whatever content type it comes under. */
const MODEL_REQUESTS: ReadonlySet<string> = new Set(['openai-chat', 'openai-responses', 'anthropic-messages']);

export interface Read {
  readonly payload: Payload;
  /** null: the body was not read. */
  readonly facts: RequestFacts | null;
}

/** @throws Fault body_too_large, request_timeout, overloaded, bad_json; CallerGone. */
export async function read(edge: Edge, tables: Tables, exchange: RunningExchange, caller: Caller): Promise<Read> {
  const limit: BodyLimit = {
    bytesMax: tables.settings.bodyBytesMax,
    readMs: LIMITS.bodyReadMs.value,
    deadlines: edge.deadlines,
    budget: edge.budget,
  };
  exchange.model = modelInPath(exchange.path);
  if (caller.bodyBytes === 0) return { payload: null, facts: null };
  if (caller.bodyBytes > limit.bytesMax) {
    throw new Fault('body_too_large', `The body is larger than ${limit.bytesMax} bytes`);
  }
  const type = String(caller.headers['content-type'] ?? '');
  const mustRead = policyReadsModel(tables) && MODEL_REQUESTS.has(exchange.dialect.name);
  if (exchange.dialect.name === 'plain' || !(isText(type) || mustRead)) {
    return { payload: caller.stream(limit), facts: null };
  }

  const started = edge.clock.monotonic();
  const payload = await caller.collect(limit);
  exchange.waitedMs += edge.clock.monotonic() - started;
  exchange.bufferedBytes = payload.length;
  if (caller.headers['content-encoding'] !== undefined) {
    if (mustRead)
      throw new Fault('bad_request', 'Send the body without content-encoding: its model must be readable here');
    return { payload, facts: null };
  }
  const parsed = parse(payload, mustRead ? 'json' : type);
  if (parsed === undefined) return { payload, facts: null };
  if (mustRead) refuseAmbiguous(payload, exchange.dialect);
  const facts = exchange.dialect.readRequest(parsed);
  exchange.model = facts.model || exchange.model;
  exchange.streams = facts.stream;
  return { payload, facts };
}

/** What the provider reads must be what was read here: the first of two keys wins in one parser, the last in another. */
function refuseAmbiguous(body: Buffer, { keyRules }: Dialect): void {
  const problem = keyProblem(body, keyRules);
  if (problem) throw new Fault('bad_json', `Parsers read the body differently (${problem.kind} key "${problem.key}")`);
}

/** Multipart uploads, audio and other bytes carry nothing that we read. `curl -d` calls everything a form. */
const isText = (type: string): boolean => type === '' || /json|^text\/|x-www-form-urlencoded/i.test(type);

/** @returns undefined where it is no JSON and does not claim to be. */
function parse(body: Buffer, type: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (/json/i.test(type)) throw new Fault('bad_json');
    return undefined;
  }
}
