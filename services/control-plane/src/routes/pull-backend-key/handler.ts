import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const pullBackendKey =
  ({ publisher }: Pick<Parts, 'publisher'>): Handler<'pullBackendKey'> =>
  async ({ params }) => ({ body: { key: await publisher.backendKey(params.ref) } });
