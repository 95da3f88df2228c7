/** Whom an order is about: names become ids, trees their members; nobody reaches into another tenant. */
import type { Selector, SessionRecord } from '@elida/contracts';
import type { OrderRequest } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';
import { maySee, tenantFor } from '../authorize.ts';
import type { SessionDirectory } from '../ports.ts';
import { isSessionId, type SessionFinder } from '../session-finder.ts';
import { isStoreGone } from './enforce.ts';

export interface Whom {
  readonly selector: Selector;
  /** Empty: every tenant. */
  readonly tenant: string;
  /** The session, where it is about one and the store could be asked. */
  readonly session: SessionRecord | null;
}

/** @throws Fault not_found, not_allowed, ambiguous; store_unavailable only where it is needed to know whom. */
export async function whomOf(
  store: SessionDirectory,
  finder: SessionFinder,
  request: OrderRequest,
  caller: Caller,
): Promise<Whom> {
  const { scope, id } = request.selector;
  const tenant = tenantFor(caller, request.tenant);
  switch (scope) {
    case 'session':
    case 'tree': {
      const session = await sessionOrId(finder, id, caller);
      if (!session) return { selector: { scope, id, members: scope === 'tree' ? [id] : [] }, tenant, session: null };
      if (tenant !== '' && session.tenant !== tenant) throw new Fault('not_found', `there is no session ${id}`);
      const members = scope === 'tree' ? (await store.tree(session.sid)).map(({ sid }) => sid) : [];
      return { selector: { scope, id: session.sid, members }, tenant: session.tenant, session };
    }
    case 'tenant':
      if (!maySee(caller, id)) throw new Fault('not_allowed', 'this credential belongs to another tenant');
      return { selector: { scope, id, members: [] }, tenant: id, session: null };
    case 'principal':
    case 'agent':
    case 'backend':
    case 'all':
      return { selector: { scope, id, members: [] }, tenant, session: null };
  }
}

/** With the store gone an id still stops what runs: the edges know their own sessions, and check the tenant. */
async function sessionOrId(finder: SessionFinder, id: string, caller: Caller): Promise<SessionRecord | null> {
  try {
    return await finder.find(id, caller);
  } catch (error) {
    if (isStoreGone(error) && isSessionId(id)) return null;
    throw error;
  }
}
