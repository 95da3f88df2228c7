/** Ended incarnations with what rules found in them. */
import type { SessionRecord } from '@elida/contracts';
import type { Caller } from '@elida/http';
import { tenantFor } from '../authorize.ts';
import { lifeKey, violationsPerLife } from '../insight/violations.ts';
import type { Parts } from '../parts.ts';
import { mayReadTexts } from './conduct.ts';
import { sessionRecordInfo } from './session-info.ts';
import { violationInfo } from './violation-info.ts';

export type HistoryParts = Pick<Parts, 'db' | 'ladders'>;

/** @param each at most so many violations of one. */
export async function recordInfos(
  { db, ladders }: HistoryParts,
  records: readonly SessionRecord[],
  caller: Caller,
  each: number,
): Promise<Record<string, unknown>[]> {
  const lives = records.map(({ sid, incarnation }) => ({ session: sid, incarnation }));
  const [found] = await Promise.all([
    violationsPerLife(db, tenantFor(caller, undefined), lives, each),
    ladders.refresh(),
  ]);
  const withText = mayReadTexts(caller);
  return records.map((record) => {
    const own = found.get(lifeKey({ session: record.sid, incarnation: record.incarnation })) ?? [];
    const violations = own.map((one) => violationInfo(one, withText));
    return sessionRecordInfo(record, ladders.standing(record, record.endedAt), violations);
  });
}
