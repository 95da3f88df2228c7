/** Who took the record away is on record, before the first line leaves. */
import type { ExportQuery } from '@elida/contracts/api';
import type { LinesHandler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { rangeOfTime, type Window } from '@elida/postgres';
import type { Range } from '@elida/record';
import { exportLog as exportOf, settle } from '../../log/export-log.ts';
import { whichLog } from '../../log/which-log.ts';
import type { Parts } from '../../parts.ts';

type ExportParts = Pick<Parts, 'db' | 'signerOf' | 'clock' | 'journal'>;

const NOTHING: Range = { from: 0, to: 0 };

export const exportLog =
  (parts: ExportParts): LinesHandler =>
  async ({ query }, { caller, signal }) => {
    const { db, clock, journal } = parts;
    const isByTime = query.since !== undefined || query.until !== undefined;
    const isByIndex = query.from !== undefined || query.to !== undefined;
    if (isByTime && isByIndex) throw new Fault('invalid', 'query: a range is named by time or by index, not by both');
    const tenant = await whichLog(db, caller, query.tenant);
    const subject = { tenant, session: '', incarnation: 0 };
    await journal.write(async (_, { note }) =>
      note('access', subject, { resource: resourceOf(tenant, query), actor: caller.principal }),
    );
    await settle(db, tenant, clock, signal);
    const window = windowOf(query);
    const byIndex: Range = { from: query.from ?? 0, to: query.to ?? Number.MAX_SAFE_INTEGER };
    const range = isByTime ? ((await rangeOfTime(db, tenant, window)) ?? NOTHING) : isByIndex ? byIndex : null;
    return await exportOf(parts, { tenant, range, window });
  };

const windowOf = ({ since, until }: ExportQuery): Window => ({
  ...(since !== undefined && { since: new Date(since) }),
  ...(until !== undefined && { until: new Date(until) }),
});

function resourceOf(tenant: string, query: ExportQuery): string {
  const parts = (['since', 'until', 'from', 'to'] as const).flatMap((name) =>
    query[name] === undefined ? [] : [`${name}=${query[name]}`],
  );
  return [`export of the log of ${tenant}`, ...parts].join(' ');
}
