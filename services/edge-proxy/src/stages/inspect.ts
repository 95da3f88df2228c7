/**
 * The policy on a request: what of it is new is read against the rules, what they find is counted and recorded, and what they
 * and the ladder decide is done before a byte goes out.
 */
import { editStrings, type TextEdit } from '@elida/dialects';
import { Fault, isFault } from '@elida/kernel';
import type { Decision, LadderStep } from '@elida/policy';
import { type Caller, CallerGone } from '../caller.ts';
import type { Edge } from '../edge.ts';
import { type Looked, look } from '../inspection/look.ts';
import { Pace } from '../inspection/pace.ts';
import type { RunningExchange } from '../running-exchange.ts';
import { type EdgePolicy, publicReason } from '../tables/edge-policy.ts';
import type { Tables } from '../tables/tables.ts';
import { refuseByScore } from './ladder.ts';
import type { Read } from './read.ts';

/**
 * Takes the parsed body off `body`, so that it is not kept while the reply runs, and puts an edited one in its place.
 *
 * @throws Fault policy_blocked, risk_blocked, session_killed, session_terminated, upgrade_required, store_unavailable; CallerGone.
 */
export async function inspect(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  body: Read,
): Promise<void> {
  const { policy } = exchange;
  if (policy === null || policy.watch === null) return;
  const { request, reply, toolCalls } = policy.inspects;
  // Its frames cannot be judged yet; Codex goes on over HTTP at once.
  if (caller.upgrades && (request || reply || toolCalls)) throw new Fault('upgrade_required');
  const content = request && body.json !== undefined ? exchange.dialect.readContent(body.json) : null;
  const pace = new Pace(() => edge.clock.monotonic());
  const { installation } = edge;
  const looked = await look({ policy, exchange, bytesIn: caller.bytesIn, installation, pace }, content);
  edge.metrics.inspected.add({}, looked.scanned);
  exchange.checkNotCut();
  if (caller.closed) throw new CallerGone();

  const edited = looked.edits.length > 0 ? editedBody(body, looked.edits) : null;
  if (looked.edits.length > 0) exchange.capture?.requestEdited(edited);
  const step = await count(edge, tables, exchange, looked);
  // An order of this very request among others.
  exchange.checkNotCut();
  refuseByRule(policy, looked.decision);
  if (step?.enforced) refuseByScore(policy, step.after);
  if (looked.edits.length > 0) edit(body, edited);
  if (looked.head !== null) edge.ledger.inspected(exchange, looked.head);
}

/** @returns null where nothing was added, or the store is gone and the settings let exchanges go on without it. */
async function count(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  looked: Looked,
): Promise<LadderStep | null> {
  try {
    return await edge.violations.judge(exchange, looked.found, looked.decision);
  } catch (error) {
    if (!isFault(error) || error.code !== 'store_unavailable' || tables.settings.failureMode !== 'open') throw error;
    return null;
  }
}

function refuseByRule(policy: EdgePolicy, { action, rule }: Decision): void {
  switch (action) {
    case 'block':
    // Waiting for a person comes later; until then what would wait does not go out.
    case 'hold':
    case 'kill':
    case 'terminate':
      throw new Fault('policy_blocked', publicReason(policy, rule));
    default:
      return;
  }
}

function edit(body: Read, edited: Buffer | null): void {
  // A text that cannot be replaced for sure must not leave.
  if (edited === null) throw new Fault('policy_blocked', 'The request cannot be redacted in place');
  body.payload = edited;
  body.edited = true;
}

function editedBody({ text }: Read, edits: readonly TextEdit[]): Buffer | null {
  const edited = text === null || hasConflict(edits) ? null : editStrings(text, edits);
  return edited && Buffer.from(edited.buffer, edited.byteOffset, edited.byteLength);
}

/** A string that is edited as a whole and as the JSON in it: the one would undo the other. */
function hasConflict(edits: readonly TextEdit[]): boolean {
  const whole = new Set(edits.filter(({ inner }) => inner === null).map(({ path }) => path.join('\0')));
  return edits.some(({ path, inner }) => inner !== null && whole.has(path.join('\0')));
}
