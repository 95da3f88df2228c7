import { LIMITS, type SessionRecord } from '@elida/contracts';
import type { Parts } from '../parts.ts';

/** The seeds have no pages: all of them, up to here. */
export const LIST_MAX = 5_000;

/** Live sessions, newest first. @param tenant empty: every tenant. */
export async function everySession({ store }: Pick<Parts, 'store'>, tenant: string): Promise<SessionRecord[]> {
  const found: SessionRecord[] = [];
  let cursor = '';
  do {
    const page = await store.list(tenant === '' ? {} : { tenant }, LIMITS.pageMax.value, cursor);
    found.push(...page.sessions);
    cursor = page.cursor;
  } while (cursor !== '' && found.length < LIST_MAX);
  return found.slice(0, LIST_MAX);
}
