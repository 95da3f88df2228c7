/** /control/health, stats, sessions and what can be done to one of them. */
import type { OrderKind, SessionRecord } from '@elida/contracts';
import { orderRequest } from '@elida/contracts/api';
import type { Route, Visit } from '@elida/http';
import { Fault } from '@elida/kernel';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { conductOf } from './conduct.ts';
import { everySession, LIST_MAX } from './every-session.ts';
import { riskCurveRoute } from './risk-curve-route.ts';
import { compatRoute } from './route.ts';
import { sessionInfo, stateWord } from './session-info.ts';

type LiveParts = Pick<Parts, 'db' | 'store' | 'finder' | 'desk' | 'ladders' | 'clock'>;

const anything = z.looseObject({});
const listQuery = z.looseObject({
  active: z.enum(['true', 'false']).optional(),
  state: z.string().max(32).optional(),
  backend: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(LIST_MAX).default(LIST_MAX),
});

const sum = (records: readonly SessionRecord[], pick: (record: SessionRecord) => number): number =>
  records.reduce((total, record) => total + pick(record), 0);

/** The reason is optional, in the query or the body. */
const reasonOf = (visit: Visit): string => {
  const body = z.looseObject({ reason: z.string().max(500).optional() }).safeParse(visit.body ?? {});
  const query = z.looseObject({ reason: z.string().max(500).optional() }).safeParse(visit.query);
  return (body.success ? body.data.reason : undefined) ?? (query.success ? query.data.reason : undefined) ?? '';
};

const STATUS = { kill: 'killed', resume: 'resumed', terminate: 'terminated', hold: 'held' } as const;
type Verb = keyof typeof STATUS & OrderKind;

function orderRoute(parts: LiveParts, verb: Verb, url: string, method: 'POST' | 'DELETE'): Route {
  return compatRoute({
    method,
    url,
    access: 'orders:write',
    query: anything,
    async answer(_query, visit) {
      const record = await parts.finder.find(visit.params.id ?? '', visit.caller);
      if (record.state === 'terminated') throw new Fault('session_terminated', 'the session has been terminated');
      const selector = { scope: 'session', id: record.sid };
      const request = orderRequest.parse({ kind: verb, selector, reason: reasonOf(visit) });
      const reply = await parts.desk.give(request, visit.caller);
      const message = verb === 'terminate' ? { message: 'the session is terminated and cannot be resumed' } : {};
      return { status: STATUS[verb], session_id: record.sid, ...message, ...reply };
    },
  });
}

const statsRoute = (parts: LiveParts): Route =>
  compatRoute({
    url: '/stats',
    access: 'sessions:read',
    query: anything,
    async answer(_query, { caller }) {
      const records = await everySession(parts, tenantFor(caller, undefined));
      const count = (state: string): number => records.filter((record) => record.state === state).length;
      return {
        total: records.length,
        active: count('active'),
        completed: count('completed'),
        killed: count('killed'),
        timed_out: count('timed_out'),
        held: count('held'),
        terminated: count('terminated'),
        total_requests: sum(records, (record) => record.requests),
        total_bytes_in: sum(records, (record) => record.bytesIn),
        total_bytes_out: sum(records, (record) => record.bytesOut),
        total_tokens_in: sum(records, (record) => record.tokens.input),
        total_tokens_out: sum(records, (record) => record.tokens.output),
        total_tool_calls: sum(records, (record) => record.toolCalls),
        total_violations: sum(records, (record) => record.violations),
      };
    },
  });

export function liveRoutes(parts: LiveParts): Route[] {
  const { clock, finder, ladders } = parts;
  const info = (record: SessionRecord, now: number) => sessionInfo(record, now, ladders.standing(record, now));
  return [
    statsRoute(parts),
    compatRoute({
      url: '/sessions',
      access: 'sessions:read',
      query: listQuery,
      async answer({ active, state, backend, limit }, { caller }) {
        const wanted = active === 'true' ? 'active' : state;
        const records = (await everySession(parts, tenantFor(caller, undefined))).filter(
          (record) =>
            (wanted === undefined || record.state === wanted || stateWord(record.state) === wanted) &&
            (backend === undefined || record.backend === backend || backend in record.backendsUsed),
        );
        await ladders.refresh();
        const now = clock.now();
        return { total: records.length, sessions: records.slice(0, limit).map((record) => info(record, now)) };
      },
    }),
    compatRoute({
      url: '/sessions/:id',
      access: 'sessions:read',
      query: anything,
      async answer(_query, { caller, params }) {
        const record = await finder.find(params.id ?? '', caller);
        const [conduct] = await Promise.all([conductOf(parts, record, caller), ladders.refresh()]);
        return { ...info(record, clock.now()), ...conduct };
      },
    }),
    riskCurveRoute(parts),
    orderRoute(parts, 'kill', '/sessions/:id/kill', 'POST'),
    orderRoute(parts, 'kill', '/sessions/:id', 'DELETE'),
    orderRoute(parts, 'resume', '/sessions/:id/resume', 'POST'),
    orderRoute(parts, 'terminate', '/sessions/:id/terminate', 'POST'),
    orderRoute(parts, 'hold', '/sessions/:id/hold', 'POST'),
  ];
}
