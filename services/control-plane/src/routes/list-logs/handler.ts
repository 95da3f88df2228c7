import type { Handler } from '@elida/http';
import { type LogParts, logView } from '../../log/log-states.ts';
import { logsFor } from '../../log/which-log.ts';

export const listLogs =
  (parts: LogParts): Handler<'listLogs'> =>
  async ({ query }, { caller }) => {
    const tenants = await logsFor(parts.db, caller, query.tenant);
    return { body: { logs: await Promise.all(tenants.map((tenant) => logView(parts, tenant))) } };
  };
