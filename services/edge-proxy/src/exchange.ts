/**
 * One exchange, top to bottom:
 * admit → detect → read → route → identify → enter → inspect → forward and relay → settle.
 * Settle is opened first and closed in every branch, once. Only `relay`, `refuse` and a hold write to the caller.
 */
import { NO_BODY_HINTS } from '@elida/contracts';
import { askForUsage, detect } from '@elida/dialects';
import type { Caller } from './caller.ts';
import type { Edge } from './edge.ts';
import { LateEstimate } from './late-estimate.ts';
import type { RunningExchange } from './running-exchange.ts';
import { type Admission, admit } from './stages/admit.ts';
import { enter } from './stages/enter.ts';
import { waitWhileHeld } from './stages/hold.ts';
import { inspect } from './stages/inspect.ts';
import { answerModels, listsModels } from './stages/models.ts';
import { mayPassCredential, principalOf } from './stages/principal.ts';
import { mustInspect, type Read, read } from './stages/read.ts';
import { refuse } from './stages/refuse.ts';
import { Relay } from './stages/relay.ts';
import { type Route, route, routingReadsModel } from './stages/route.ts';
import { SocketRelay } from './stages/socket-relay.ts';
import { propagate, readTraceContext } from './stages/trace-context.ts';
import { upstreamHeaders } from './stages/upstream-headers.ts';
import type { Backend } from './tables/backend.ts';
import { choosePolicy } from './tables/edge-policy.ts';
import type { Tables } from './tables/tables.ts';
import { UpgradeCaller } from './upgrade-caller.ts';

/** A body at least this long is not waited for where the headers already say whose session it is. */
const LONG_BODY_BYTES = 262_144;
/** Sessions that nothing but a reply's id may tie the next request to. */
const WEAK_HINTS: ReadonlySet<string> = new Set(['client', 'user', 'cache-key', 'previous-reply']);

/** Never rejects: whatever happens becomes a reply, or the end of one, and a record. */
export async function runExchange(edge: Edge, caller: Caller): Promise<void> {
  const exchange = edge.ledger.open(caller);
  exchange.trace = readTraceContext(caller.headers);
  try {
    exchange.dialect = detect(caller.method, caller.target, caller.headers);
    const tables = edge.tables();
    const admission = admit(caller, tables, edge.installation, edge.clock.now());
    exchange.clientAddress = admission.clientAddress;
    if (listsModels(caller, tables)) return await answerModels(edge, tables, exchange, caller, admission);

    // A killed session's long upload is refused before it has arrived.
    if (caller.bodyBytes > LONG_BODY_BYTES && !routingReadsModel(tables)) {
      await enterSession(edge, tables, exchange, caller, admission, null);
    }
    const body = await read(edge, tables, exchange, caller, mustInspect(tables, admission, edge.installation));
    const chosen = await enterSession(edge, tables, exchange, caller, admission, body);
    edge.captures.begin(tables.settings, exchange, caller, body);
    await inspect(edge, tables, exchange, caller, body);
    await forward(edge, tables, exchange, caller, body, chosen);
  } catch (error) {
    answer(edge, exchange, caller, error);
  } finally {
    edge.ledger.close(exchange, caller);
  }
}

/** The last net: an answer that cannot be given must not take the process, and every other stream, with it. */
function answer(edge: Edge, exchange: RunningExchange, caller: Caller, error: unknown): void {
  try {
    refuse(edge.log, exchange, caller, error);
  } catch (second) {
    edge.log.error('refusal_failed', { exchange: exchange.id, error: second, cause: error });
    exchange.end('failed', 'internal');
    caller.cut();
  }
}

/** Route, identify, enter. @param body null: it has not been read; then only a session that the headers name is entered. */
async function enterSession(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  admission: Admission,
  body: Read | null,
): Promise<Route> {
  const { headers } = caller;
  const chosen = route(tables, { admission, headers, model: exchange.model });
  const { backend } = chosen;
  // A long body's session has been entered before it arrived.
  if (exchange.incarnation > 0) return chosen;
  const said = body?.facts?.hints ?? null;
  const found = edge.identifier.hints(headers, said, tables.settings.sessionHeaders);
  if (body === null && found.hint === null) return chosen;
  const principal = principalOf(admission, backend, tables, edge.installation);
  exchange.policy = choosePolicy(tables.policies, { ...principal, key: admission.key?.id ?? '' });
  // From here on an order finds the exchange, so that none falls between the store's answer and the first byte.
  edge.registry.remove(exchange);
  exchange.whose = await edge.identifier.identify(principal, found, said ?? NO_BODY_HINTS, backend.name);
  edge.registry.add(exchange);

  const entry = await enter(edge, tables, exchange);
  await waitWhileHeld(edge, tables, exchange, caller, entry);
  return chosen;
}

function forward(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  body: Read,
  { backend, path }: Route,
): Promise<void> {
  requestUsage(tables, exchange, caller, body, backend);
  const { policy } = exchange;
  const headers = upstreamHeaders(caller.rawHeaders, {
    mayPass: (name, value) => mayPassCredential(backend, tables, name, value),
    set: backend.setHeaders,
    identityEncoding:
      exchange.streams ||
      exchange.capture !== null ||
      policy?.inspects.reply === true ||
      policy?.inspects.toolCalls === true,
    keepLength: !(body.payload instanceof Uint8Array),
    dropCoding: body.edited,
  });
  exchange.trace = propagate(headers, exchange, edge.tracing);
  if (caller instanceof UpgradeCaller) return new SocketRelay(edge, exchange, caller, { backend, path, headers }).run();
  const isChain = exchange.dialect.name === 'openai-responses' || (body.facts?.hints.previousReply ?? '') !== '';
  return new Relay(edge, exchange, caller, {
    backend,
    path,
    headers,
    body: body.payload,
    keepReplyId: isChain && WEAK_HINTS.has(exchange.whose.hintKind),
    overheadHeader: tables.settings.overheadHeader,
  }).run();
}

/**
 * A chat stream tells its usage only where it is asked to (spec: byte-exactness, first exception). Where nobody may tell, the
 * parsed body is kept for an estimate; all others are let go before the reply runs.
 */
function requestUsage(tables: Tables, exchange: RunningExchange, caller: Caller, body: Read, backend: Backend): void {
  const { json, payload } = body;
  body.json = undefined;
  body.text = null;
  const { name } = exchange.dialect;
  // Completions of before Chat tell it as Chat does.
  const isChat = name === 'openai-chat' || (name === 'openai' && exchange.path.endsWith('/completions'));
  if (json === undefined || !(isChat || name === 'openai-responses')) return;
  exchange.estimate = new LateEstimate();
  const isOpenAi = backend.dialect === 'openai';
  const isPlain = body.edited || caller.headers['content-encoding'] === undefined;
  if (!isChat || (isOpenAi && !exchange.streams)) return;
  if (
    exchange.streams &&
    isOpenAi &&
    isPlain &&
    tables.settings.requestUsage !== 'never' &&
    payload instanceof Buffer
  ) {
    const asked = askForUsage(payload);
    exchange.stripUsage = asked !== payload;
    if (exchange.stripUsage) body.payload = Buffer.from(asked.buffer, asked.byteOffset, asked.byteLength);
  } else exchange.unmetered = json;
}
