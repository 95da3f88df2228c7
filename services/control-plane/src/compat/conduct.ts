/** What a session of the seeds' face did, from the events: who called what, and what rules found. */
import type { SessionRecord } from '@elida/contracts';
import type { ToolCallView } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { isFault } from '@elida/kernel';
import { permissionsOf } from '../authorize.ts';
import { toolCallsOf, toolCallViewOf } from '../insight/tool-calls.ts';
import { lifeKey, violationsPerLife } from '../insight/violations.ts';
import type { Parts } from '../parts.ts';
import { within } from '../record/deadline.ts';
import { violationInfo } from './violation-info.ts';

/** The seeds have no pages: the last of them, up to here. All are under /api/v1. */
const SHOWN_MAX = 500;
const WAIT_MS = 2_000;

type Info = Record<string, unknown>;

/** What was said, redacted as it is, is for those who may read events. */
export const mayReadTexts = (caller: Caller): boolean => permissionsOf(caller).has('events:read');

const toolCallInfo = (call: ToolCallView, withText: boolean): Info => ({
  tool_name: call.tool_name,
  timestamp: call.at,
  request_id: call.exchange,
  tool_call_id: call.tool_call_id,
  tool_type: call.kind,
  namespace: call.namespace,
  arguments: withText ? call.arguments : '',
  backend: call.backend,
  model: call.model,
});

/** Oldest first. Without the database, or where it hangs, a session is shown without them. */
export async function conductOf({ db }: Pick<Parts, 'db'>, record: SessionRecord, caller: Caller): Promise<Info> {
  const life = { session: record.sid, incarnation: record.incarnation };
  const withText = mayReadTexts(caller);
  try {
    const found = Promise.all([
      toolCallsOf(db, { ...life, tenant: record.tenant })
        .orderBy('id', 'desc')
        .limit(SHOWN_MAX)
        .execute(),
      violationsPerLife(db, record.tenant, [life], SHOWN_MAX),
    ]);
    const [calls, violations] = await within(WAIT_MS, 'database_unavailable', found);
    return {
      tool_call_history: calls.toReversed().map((row) => toolCallInfo(toolCallViewOf(row), withText)),
      violations: (violations.get(lifeKey(life)) ?? []).map((one) => violationInfo(one, withText)),
    };
  } catch (error) {
    if (isFault(error) && error.code === 'database_unavailable') return {};
    throw error;
  }
}
