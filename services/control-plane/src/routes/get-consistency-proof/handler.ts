import type { Handler } from '@elida/http';
import type { LogParts } from '../../log/log-states.ts';
import { consistencyProof } from '../../log/proofs.ts';
import { whichLog } from '../../log/which-log.ts';

export const getConsistencyProof =
  (parts: LogParts): Handler<'getConsistencyProof'> =>
  async ({ query: { tenant, from, to } }, { caller }) => ({
    body: await consistencyProof(parts, await whichLog(parts.db, caller, tenant), from, to),
  });
