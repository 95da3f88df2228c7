/** Which records a filter lets through, and the cursor of a listing. Shared by the adapters. */
import type { SessionRecord } from '@elida/contracts';
import type { SessionFilter } from './store.ts';

export function fits(record: SessionRecord, filter: SessionFilter): boolean {
  const { tenant, state, backend, principal, agent, parent, tag, text } = filter;
  return (
    (!tenant || record.tenant === tenant) &&
    (!state || record.state === state) &&
    (!backend || record.backend === backend || backend in record.backendsUsed) &&
    (!principal || record.principal === principal) &&
    (!agent || record.agent === agent) &&
    (!parent || record.parent === parent) &&
    (!tag || record.tags[tag.key] === tag.value) &&
    (!text || [record.sid, record.displayName, record.agent, record.principal].some((part) => part.includes(text)))
  );
}

/** Where a listing stands: after the session `member` (`<tenant>/<sid>`) that was listed at `at`. Newest first. */
export interface ListPosition {
  readonly at: number;
  readonly member: string;
}

/** Newest first; equal times by member, descending (as ZREVRANGE has it). */
export const byNewest = (a: ListPosition, b: ListPosition): number =>
  b.at - a.at || (a.member < b.member ? 1 : a.member > b.member ? -1 : 0);

export const encodeCursor = ({ at, member }: ListPosition): string => `${at}.${member}`;

/** @returns null where the cursor is empty or not one of ours: the listing starts at the top. */
export function decodeCursor(cursor: string): ListPosition | null {
  const dot = cursor.indexOf('.');
  const at = Number(cursor.slice(0, dot));
  return dot > 0 && Number.isSafeInteger(at) ? { at, member: cursor.slice(dot + 1) } : null;
}
