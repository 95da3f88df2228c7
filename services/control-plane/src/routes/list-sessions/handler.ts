import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { decodeCursor, type SessionFilter } from '@elida/session';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const listSessions =
  ({ store, ladders }: Pick<Parts, 'store' | 'ladders'>): Handler<'listSessions'> =>
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
    await ladders.refresh();
    return { body: { sessions: page.sessions.map((record) => ladders.view(record)), next_cursor: page.cursor } };
  };
