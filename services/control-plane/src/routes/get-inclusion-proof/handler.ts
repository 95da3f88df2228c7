import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { LogParts } from '../../log/log-states.ts';
import { inclusionProof } from '../../log/proofs.ts';

export const getInclusionProof =
  (parts: LogParts): Handler<'getInclusionProof'> =>
  async ({ params, query }, { caller }) => ({
    body: await inclusionProof(parts, params.event_id, tenantFor(caller, undefined), query.size),
  });
