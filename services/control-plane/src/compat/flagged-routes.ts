/** /control/flagged: sessions in which rules found something. A score is that of now: it falls, and with it what is done. */
import { instant } from '@elida/contracts/api';
import type { Caller, Route } from '@elida/http';
import { Fault } from '@elida/kernel';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import type { CaptureParts } from '../insight/captures.ts';
import { type FlaggedLife, flaggedBySeverity, flaggedPage, SEVERITIES } from '../insight/flagged.ts';
import { liveOrEnded } from '../insight/session-past.ts';
import { capturedInfo } from './captured-info.ts';
import { everySession } from './every-session.ts';
import { type FlaggedParts, flaggedInfos, isAtRisk, standingsOf } from './flagged-info.ts';
import { compatRoute } from './route.ts';

/** Newest violations of a session in a list, and of one that is looked at. */
const EACH = 20;
const OF_ONE = 1_000;

const window = { since: instant.optional(), until: instant.optional() };
const listQuery = z.looseObject({
  ...window,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  severity: z.enum(SEVERITIES).optional(),
  rule: z.string().max(128).optional(),
  category: z.string().max(128).optional(),
});

export function flaggedRoutes(parts: FlaggedParts & CaptureParts): Route[] {
  const { db, ladders } = parts;
  return [
    compatRoute({
      url: '/flagged',
      access: 'events:read',
      query: listQuery,
      async answer({ limit, offset, severity: worst, rule, category, since, until }, { caller }) {
        const tenant = tenantFor(caller, undefined);
        const filter = { tenant, worst, rule, category, since, until };
        const { lives, total } = await flaggedPage(db, filter, { limit, offset });
        const flagged = await flaggedInfos(parts, tenant, lives, EACH);
        return { flagged, count: flagged.length, total_count: total, limit, offset };
      },
    }),
    compatRoute({
      url: '/flagged/stats',
      access: 'events:read',
      query: z.looseObject(window),
      async answer(range, { caller }) {
        const tenant = tenantFor(caller, undefined);
        const [severities, live] = await Promise.all([
          flaggedBySeverity(db, { tenant, ...range }),
          everySession(parts, tenant),
          ladders.refresh(),
        ]);
        const total = Object.values(severities).reduce((sum, count) => sum + count, 0);
        return { total_flagged: total, ...severities, ...standingsOf(parts, live) };
      },
    }),
    compatRoute({
      url: '/flagged/:id',
      access: 'events:read',
      query: z.looseObject({ incarnation: z.coerce.number().int().min(1).optional() }),
      async answer({ incarnation }, { caller, params }) {
        const { tenant, life } = await flaggedLife(parts, params.id ?? '', caller, incarnation);
        const [info] = await flaggedInfos(parts, tenant, [life], OF_ONE);
        const captures = await capturedInfo(parts, life, caller);
        return { ...info, captures, captured_content: captures };
      },
    }),
  ];
}

/** The last incarnation in which something was found, or that lives under the score of its principal. */
async function flaggedLife(
  parts: FlaggedParts,
  name: string,
  caller: Caller,
  incarnation: number | undefined,
): Promise<{ tenant: string; life: FlaggedLife }> {
  const record = await liveOrEnded(parts, name, caller, incarnation);
  const { sid, tenant } = record;
  const { lives } = await flaggedPage(parts.db, { tenant, session: sid, incarnation }, { limit: 1, offset: 0 });
  const found = lives[0];
  if (found) return { tenant, life: found };
  if (record.endedAt !== 0 || !isAtRisk(parts, record))
    throw new Fault('not_found', `the session ${name} is not flagged`);
  const unfound = { violations: 0, maxSeverity: '', first: null, last: null } as const;
  return { tenant, life: { ...unfound, session: sid, incarnation: record.incarnation } };
}
