/**
 * One round trip to the session store: may this exchange begin? Wide blocks are looked up before it (a blocked principal
 * makes no session) and after it, where the store says that our copy of the table is not the current one.
 */
import type { Block, FaultCode } from '@elida/contracts';
import { Fault, isFault } from '@elida/kernel';
import { ADMISSION, type EnterReply, type EnterRequest } from '@elida/session';
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Tables } from '../tables/tables.ts';
import type { Identity } from './identify.ts';
import { refuseByLadder } from './ladder.ts';

/** What a session answers that was refused, by its state. */
const REFUSAL: Readonly<Record<string, FaultCode>> = { killed: 'session_killed', terminated: 'session_terminated' };

export type Entry = { readonly held: false } | { readonly held: true; readonly reason: string };

const GO: Entry = { held: false };

/**
 * @param again it waited while the session was held: it has been counted, and has its token, unless the session begins only now.
 * @throws Fault: the session's, the block's or the ladder's refusal, store_unavailable, audit_unavailable.
 */
export async function enter(edge: Edge, tables: Tables, exchange: RunningExchange, again = false): Promise<Entry> {
  const { whose } = exchange;
  refuseBlocked(edge.blocks.find(whose));
  edge.ledger.promise(exchange, tables.settings.auditMode === 'strict');
  const reply = await ask(edge, tables, exchange, again);
  exchange.checkNotCut();
  if (reply === null) return GO;
  if (reply.started) recordStart(edge, exchange, reply);
  // What was held had not begun: no request of this incarnation has been counted yet, nor given a token.
  if (again && reply.started) return enter(edge, tables, exchange);
  const block = edge.blocks.find(whose);
  refuseBlocked(block);
  const admission = ADMISSION[reply.state];
  if (admission === 'refuse')
    throw new Fault(REFUSAL[reply.state] ?? 'session_ended', reason(reply.state, reply.reason));
  exchange.incarnation = reply.incarnation;
  if (!again) exchange.seen = reply;
  refuseByLadder(exchange.policy, reply);
  if (admission === 'hold') return { held: true, reason: reason('held', reply.reason) };
  return block === null ? GO : { held: true, reason: reason('held', block.reason) };
}

const reason = (state: string, why: string): string => `The session is ${state}${why === '' ? '' : `: ${why}`}`;

function refuseBlocked(block: Block | null): void {
  if (block?.effect !== 'refuse') return;
  const { scope } = block.selector;
  const what = scope === 'all' ? 'All traffic is blocked' : `This ${scope} is blocked`;
  throw new Fault('blocked', block.reason === '' ? what : `${what}: ${block.reason}`);
}

/** @returns null where the store is gone and the settings let exchanges in without it (failure mode open). */
async function ask(edge: Edge, tables: Tables, exchange: RunningExchange, again: boolean): Promise<EnterReply | null> {
  const started = edge.clock.monotonic();
  try {
    const reply = await edge.sessions.enter(requestOf(edge, tables, exchange, again));
    // Two reads at most: one that ran already may have begun before the change.
    for (let read = 0; read < 2 && reply.blocksEpoch !== edge.blocks.epoch; read++) await edge.blocks.catchUp();
    return reply;
  } catch (error) {
    if (!isFault(error) || error.code !== 'store_unavailable' || tables.settings.failureMode !== 'open') throw error;
    return null;
  } finally {
    edge.metrics.store.observe({}, (edge.clock.monotonic() - started) / 1_000);
  }
}

function requestOf(
  edge: Edge,
  { settings }: Tables,
  { whose, clientAddress, policy }: RunningExchange,
  again: boolean,
): EnterRequest {
  const watch = (again ? policy?.lookAgain : policy?.watch) ?? null;
  return {
    sid: whose.sid,
    tenant: whose.tenant,
    principal: whose.principal,
    agent: whose.agent,
    workflow: whose.workflow,
    parent: whose.parent,
    tags: whose.tags,
    hintKind: whose.hintKind,
    displayName: whose.displayName,
    policy: policy?.label ?? '',
    backend: whose.backend,
    clientAddr: clientAddress,
    edge: edge.id,
    idleMs: settings.idleMs,
    lifeMs: settings.lifeMs,
    ...(watch === null ? {} : { watch }),
  };
}

function recordStart(edge: Edge, { whose, clientAddress }: RunningExchange, { incarnation }: EnterReply): void {
  const { tenant, sid, principal, agent, workflow, parent, hintKind, displayName, backend }: Identity = whose;
  edge.recorder.record({
    tenant,
    type: 'session_started',
    session: sid,
    incarnation,
    // The names that its end has as well (EventData of libs/record).
    said: { agent, workflow, display_name: displayName },
    data: { principal, parent, hint_kind: hintKind, backend, client_addr: clientAddress },
  });
}
