/** Routes of the seeds' face: their paths, their errors `{error, message}`. */
import type { Permission } from '@elida/contracts/api';
import { parsed, type Route, type Visit } from '@elida/http';
import type { z } from 'zod';

interface CompatRoute<Q extends z.ZodType> {
  readonly method?: Route['method'];
  readonly url: string;
  readonly access: Permission | 'public';
  readonly query: Q;
  readonly answer: (query: z.output<Q>, visit: Visit) => Promise<unknown>;
}

export const compatRoute = <Q extends z.ZodType>({ method, url, access, query, answer }: CompatRoute<Q>): Route => ({
  method: method ?? 'GET',
  url: `/control${url}`,
  access,
  handle: async (visit) => ({ status: 200, body: await answer(parsed(query, visit.query, 'query'), visit) }),
  failure: (fault) => ({
    error: fault.code,
    message: fault.detail,
    ...(fault.errors.length > 0 ? { errors: fault.errors } : {}),
  }),
});
