/**
 * `GET /v1/models` where several backends are configured: what this caller may use of all of them, in the shape of the
 * caller's own provider. A backend that does not answer is listed by the models its configuration names.
 */
import { Fault, isFault } from '@elida/kernel';
import type { Caller } from '../caller.ts';
import type { Edge } from '../edge.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Backend } from '../tables/backend.ts';
import type { Tables } from '../tables/tables.ts';
import type { Admission } from './admit.ts';
import { ownHeaders } from './own-headers.ts';
import { mayPassCredential, principalOf } from './principal.ts';
import { isBlocked, joinPath } from './route.ts';
import { upstreamHeaders } from './upstream-headers.ts';

interface Model {
  readonly id: string;
  readonly [field: string]: unknown;
}

const PATH = '/v1/models';

export const listsModels = ({ method, target, headers }: Caller, tables: Tables): boolean =>
  method === 'GET' &&
  tables.backends.size > 1 &&
  target.split('?', 1)[0] === PATH &&
  headers['x-backend'] === undefined;

/** @throws Fault not_authenticated where the caller may use none of the backends. */
export async function answerModels(
  edge: Edge,
  tables: Tables,
  exchange: RunningExchange,
  caller: Caller,
  admission: Admission,
): Promise<void> {
  const allowed = [...tables.backends.values()].filter((backend) => mayUse(edge, tables, admission, backend));
  if (allowed.length === 0) throw new Fault('not_authenticated', 'None of the backends accepts this credential');
  const lists = await Promise.all(allowed.map((backend) => modelsOf(edge, tables, caller, backend)));
  const models = new Map<string, Model>();
  for (const model of lists.flat()) if (!models.has(model.id)) models.set(model.id, model);
  const body = JSON.stringify(inShapeOf(caller, [...models.values()]));
  exchange.status = 200;
  exchange.bytesOut = Buffer.byteLength(body);
  caller.reply(200, ['content-type', 'application/json', ...ownHeaders(exchange)], body);
}

function mayUse(edge: Edge, tables: Tables, admission: Admission, backend: Backend): boolean {
  try {
    principalOf(admission, backend, tables, edge.installation);
    return !backend.keyMissing;
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}

async function modelsOf(edge: Edge, tables: Tables, caller: Caller, backend: Backend): Promise<Model[]> {
  const globs = tables.models.filter((entry) => entry.backend === backend).map(({ glob }) => glob);
  const isServed = ({ id }: Model): boolean =>
    (globs.length === 0 || globs.some((glob) => glob.matches(id))) && !isBlocked(tables, id);
  const named = globs.filter(({ pattern }) => !pattern.includes('*')).map(({ pattern }) => ({ id: pattern }));
  const headers = upstreamHeaders(caller.rawHeaders, {
    mayPass: (name, value) => mayPassCredential(backend, tables, name, value),
    set: backend.setHeaders,
    identityEncoding: true,
    keepLength: false,
    dropCoding: false,
  });
  try {
    const { data } = (await backend.pool.getJson(joinPath(backend.basePath, PATH), headers)) as { data?: unknown };
    const listed = Array.isArray(data) ? data.filter(isModel) : [];
    return [...listed, ...named].filter(isServed).map((model) => ({ owned_by: backend.name, ...model }));
  } catch (error) {
    edge.log.warn('models_unlisted', { backend: backend.name, error });
    return named.filter(isServed).map((model) => ({ owned_by: backend.name, ...model }));
  }
}

const isModel = (entry: unknown): entry is Model =>
  typeof entry === 'object' && entry !== null && typeof (entry as { id?: unknown }).id === 'string';

function inShapeOf(caller: Caller, models: readonly Model[]): unknown {
  if (caller.headers['anthropic-version'] === undefined) {
    return { object: 'list', data: models.map((model) => ({ created: 0, ...model, object: 'model' })) };
  }
  const data = models.map((model) => ({
    display_name: model.id,
    created_at: '1970-01-01T00:00:00Z',
    ...model,
    type: 'model',
  }));
  return { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null };
}
