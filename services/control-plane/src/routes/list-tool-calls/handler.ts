import type { Handler } from '@elida/http';
import { liveOrEnded, type PastParts } from '../../insight/session-past.ts';
import { toolCallsOf, toolCallViewOf } from '../../insight/tool-calls.ts';
import { pageOf } from '../../record/id-cursor.ts';

export const listToolCalls =
  (parts: PastParts): Handler<'listToolCalls'> =>
  async ({ params, query }, { caller }) => {
    const { sid, tenant, incarnation } = await liveOrEnded(parts, params.id, caller, query.incarnation);
    const calls = toolCallsOf(parts.db, { tenant, session: sid, incarnation });
    const { rows, next } = await pageOf(calls, query);
    return { body: { tool_calls: rows.map(toolCallViewOf), next_cursor: next } };
  };
