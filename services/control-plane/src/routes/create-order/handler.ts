import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const createOrder =
  ({ desk }: Pick<Parts, 'desk'>): Handler<'createOrder'> =>
  async ({ body }, { caller, idempotencyKey }) => {
    return { body: await desk.give(body, caller, idempotencyKey) };
  };
