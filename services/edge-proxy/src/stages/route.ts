/** Which backend serves a request, in the configured order: x-backend → model → path prefix → default. */
import { Fault } from '@elida/kernel';
import type { Headers } from '../caller.ts';
import type { Backend } from '../tables/backend.ts';
import type { Tables } from '../tables/tables.ts';
import type { Admission } from './admit.ts';

export interface Route {
  readonly backend: Backend;
  /** Path and query for the provider, its base path in front. */
  readonly path: string;
}

export interface RouteRequest {
  readonly admission: Admission;
  readonly headers: Headers;
  /** Empty: the request names none, or its body has not been read. */
  readonly model: string;
}

/** True where the model decides: then the body must be there first. */
export const routingReadsModel = (tables: Tables): boolean =>
  policyReadsModel(tables) || (tables.models.length > 0 && tables.backends.size > 1);

/** True where the model is a matter of policy: then a body in which it cannot be read for sure goes nowhere. */
export const policyReadsModel = (tables: Tables): boolean => tables.blockedModels.length > 0 || tables.strictModels;

export function isBlocked(tables: Tables, model: string): boolean {
  const name = model.toLowerCase();
  return name !== '' && tables.blockedModels.some((glob) => glob.matches(name));
}

/** @throws Fault no_backend, not_allowed, model_blocked, not_ready. */
export function route(tables: Tables, request: RouteRequest): Route {
  const { model } = request;
  if (isBlocked(tables, model)) {
    throw new Fault('model_blocked', `The model ${model} is not allowed`);
  }
  const backend = choose(tables, request);
  if (backend === null) throw new Fault('no_backend');
  if (backend.keyMissing) throw new Fault('not_ready', `The key of the backend ${backend.name} is not available yet`);
  return { backend, path: joinPath(backend.basePath, withoutPrefix(request.admission.target, backend, tables)) };
}

function choose(tables: Tables, { admission, headers, model }: RouteRequest): Backend | null {
  for (const method of tables.order) {
    const found = byMethod[method](tables, admission, headers, model);
    if (found !== null) return found;
  }
  return null;
}

type Method = (tables: Tables, admission: Admission, headers: Headers, model: string) => Backend | null;

const byMethod: Readonly<Record<Tables['order'][number], Method>> = {
  header(tables, admission, headers) {
    const name = headers['x-backend'];
    if (typeof name !== 'string' || name === '') return null;
    if (!admission.mayChooseBackend) throw new Fault('not_allowed', 'The caller may not choose the backend');
    const backend = tables.backends.get(name);
    if (backend === undefined) throw new Fault('no_backend', `There is no backend ${name}`);
    return backend;
  },
  model: (tables, _admission, _headers, model) =>
    model === '' ? null : (tables.models.find(({ glob }) => glob.matches(model))?.backend ?? null),
  path(tables, { target }) {
    const prefix = firstSegment(target);
    if (prefix === '') return null;
    const named = tables.backends.get(prefix);
    if (named !== undefined) return named;
    for (const backend of tables.backends.values()) if (backend.dialect === prefix) return backend;
    return null;
  },
  default(tables, _admission, _headers, model) {
    if (tables.strictModels && model !== '') throw new Fault('no_backend', `No backend serves the model ${model}`);
    return tables.fallback;
  },
};

/** `openai` of `/openai/v1/…`; empty where the path has one segment only. */
function firstSegment(target: string): string {
  const end = target.indexOf('/', 1);
  return end < 0 ? '' : target.slice(1, end);
}

function withoutPrefix(target: string, backend: Backend, tables: Tables): string {
  if (!tables.order.includes('path')) return target;
  const prefix = firstSegment(target);
  // Azure's own paths begin with its provider's name: a dialect's name counts only where no version would be lost.
  const isPrefix = prefix === backend.name || (prefix === backend.dialect && /^\/[^/]+\/v\d/.test(target));
  return isPrefix && prefix !== '' ? target.slice(prefix.length + 1) : target;
}

/** Base URLs are written with and without the version that clients send as well: it is not doubled. */
export function joinPath(basePath: string, target: string): string {
  if (basePath === '') return target;
  const version = /\/v\d+$/.exec(basePath)?.[0];
  const doubled = version !== undefined && (target === version || target.startsWith(`${version}/`));
  return doubled ? basePath + target.slice(version.length) : basePath + target;
}
