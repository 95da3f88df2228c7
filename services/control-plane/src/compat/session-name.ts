import type { Caller } from '@elida/http';
import { isFault } from '@elida/kernel';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { historyOf } from '../record/history.ts';
import { isSessionId } from '../session-finder.ts';

/** A display name stands for the session that has it now, else for the last that had it. */
export async function sessionOf(
  { db, finder }: Pick<Parts, 'db' | 'finder'>,
  name: string,
  caller: Caller,
): Promise<string> {
  if (isSessionId(name)) return name;
  try {
    return (await finder.find(name, caller)).sid;
  } catch (error) {
    if (!isFault(error) || error.code === 'ambiguous') throw error;
  }
  const rows = historyOf(db, { tenant: tenantFor(caller, undefined), id: name });
  const last = await rows.orderBy('ended_at', 'desc').limit(1).executeTakeFirst();
  return last?.sid ?? name;
}
