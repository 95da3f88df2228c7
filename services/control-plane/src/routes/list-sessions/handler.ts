import { toSessionView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { decodeCursor, type SessionFilter } from '@elida/session';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const listSessions =
  ({ store, clock }: Pick<Parts, 'store' | 'clock'>): Handler<'listSessions'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, tag, ...rest } = query;
    if (cursor !== '' && !decodeCursor(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
    const [key, ...value] = (tag ?? '').split('=');
    const own = tenantFor(caller, tenant);
    const asked: Record<string, unknown> = { ...rest, tenant: own || undefined };
    const filter: SessionFilter = Object.fromEntries(
      Object.entries(asked).filter(([, wanted]) => wanted !== undefined),
    );
    const page = await store.list(
      tag && key ? { ...filter, tag: { key, value: value.join('=') } } : filter,
      limit,
      cursor,
    );
    const now = clock.now();
    return { body: { sessions: page.sessions.map((record) => toSessionView(record, now)), next_cursor: page.cursor } };
  };
