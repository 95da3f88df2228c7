/** The session hash ↔ SessionRecord. Field names: lua/session.ts. */
import type { EndReason, ModelUse, SessionRecord, SessionState } from '@elida/contracts';
import { blank, countUnder, type EnterRequest, type Incarnation, inOrderOfUse } from '@elida/session';
import { decodeTokens, encodeTokens, modelField } from './watch-codec.ts';

/** What does not change while an incarnation lives, but agent and workflow, which may become known later. */
type Fixed = Pick<
  SessionRecord,
  'principal' | 'parent' | 'tags' | 'hintKind' | 'displayName' | 'policy' | 'backend' | 'clientAddr' | 'edge'
>;

export function encodeFixed(from: EnterRequest | SessionRecord): string {
  const { principal, parent, tags, hintKind, displayName, policy, backend, clientAddr, edge } = from;
  return JSON.stringify({ principal, parent, tags, hintKind, displayName, policy, backend, clientAddr, edge });
}

export interface Stored extends Incarnation {
  /** The end is recorded: only a tombstone. */
  readonly recorded: boolean;
}

/** @param flat field, value, … as HGETALL has it. @returns null where there is no session (only remembered numbers, or nothing). */
export const decodeSession = (sid: string, flat: readonly string[]): Stored | null => {
  const stored = decodeAny(sid, flat);
  return stored.known ? stored : null;
};

/** As above, but what an order met that made a record and was refused reads as a record without a state of its own. */
export function decodeAny(sid: string, flat: readonly string[]): Stored & { readonly known: boolean } {
  const hash = new Map<string, string>();
  const record = blank(sid, '');
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const field = flat[i] as string;
    const value = flat[i + 1] as string;
    if (field.startsWith('b:')) countUnder(record.backendsUsed, field.slice(2), Number(value));
    else if (field.startsWith('f:')) countUnder(record.toolCounts, field.slice(2), Number(value));
    else if (field.startsWith('m:')) record.models.push(decodeModel(field, value));
    else hash.set(field, value);
  }
  record.models.sort(inOrderOfUse);
  const number = (field: string): number => Number(hash.get(field) ?? 0);
  const text = (field: string): string => hash.get(field) ?? '';
  const fixed = hash.get('id');
  if (fixed) Object.assign(record, JSON.parse(fixed) as Fixed);
  record.incarnation = number('n');
  record.epoch = number('e');
  record.tenant = text('t');
  record.agent = text('ag');
  record.workflow = text('wf');
  record.state = (hash.get('s') ?? 'active') as SessionState;
  record.requests = number('q');
  record.bytesIn = number('bi');
  record.bytesOut = number('bo');
  record.tokens = decodeTokens(text('tk'));
  record.toolCalls = number('tc');
  record.violations = number('vi');
  record.captures = number('cp');
  record.risk = { score: number('rs'), at: number('ra') };
  record.halfLifeMs = number('hl');
  record.startedAt = number('st');
  record.lastAt = number('la');
  record.endedAt = number('en');
  record.endReason = text('er') as EndReason | '';
  record.untilAt = number('u');
  record.reason = text('r');
  record.actor = text('ac');
  return {
    record,
    idleMs: number('im'),
    lifeMs: number('lm'),
    decidedAt: number('xa'),
    lastOrder: text('oi'),
    recorded: text('fg') === '1',
    known: hash.has('s'),
  };
}

function decodeModel(field: string, value: string): ModelUse {
  const end = field.indexOf('\0');
  const [backend, model] = [field.slice(2, end), field.slice(end + 1)];
  const space = value.indexOf(' ');
  return { backend, model, requests: Number(value.slice(0, space)), tokens: decodeTokens(value.slice(space + 1)) };
}

/** Field, value, … of a record that is put back whole. */
export function encodeSession(record: SessionRecord): string[] {
  const fields: Record<string, string | number> = {
    n: record.incarnation,
    e: record.epoch,
    s: record.state,
    st: record.startedAt,
    la: record.lastAt,
    en: record.endedAt,
    er: record.endReason,
    u: record.untilAt,
    r: record.reason,
    ac: record.actor,
    q: record.requests,
    bi: record.bytesIn,
    bo: record.bytesOut,
    ag: record.agent,
    wf: record.workflow,
    t: record.tenant,
    id: encodeFixed(record),
    tk: encodeTokens(record.tokens),
    mn: record.models.length,
    tn: Object.keys(record.toolCounts).length,
    tc: record.toolCalls,
    vi: record.violations,
    cp: record.captures,
    hl: record.halfLifeMs,
    fg: record.endedAt > 0 ? 1 : 0,
  };
  for (const [backend, requests] of Object.entries(record.backendsUsed)) fields[`b:${backend}`] = requests;
  for (const [tool, calls] of Object.entries(record.toolCounts)) fields[`f:${tool}`] = calls;
  for (const { backend, model, requests, tokens } of record.models) {
    fields[modelField(backend, model)] = `${requests} ${encodeTokens(tokens)}`;
  }
  if (record.risk.score > 0) Object.assign(fields, { rs: record.risk.score, ra: record.risk.at });
  return Object.entries(fields).flatMap(([field, value]) => [field, String(value)]);
}
