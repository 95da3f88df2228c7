/** What the hot path looks up, derived once per snapshot and swapped by reference. Running exchanges keep theirs. */
import type { Credential, EdgeSettings, Snapshot, TrustedNetwork } from '@elida/contracts';
import { createSnapshot, LIMITS } from '@elida/contracts';
import { SESSION_HEADERS } from '@elida/session';
import { type Backend, BackendPool, openBackend } from './backend.ts';
import type { EdgePolicies } from './edge-policy.ts';
import { compileGlob, type Glob } from './glob.ts';
import { Networks } from './networks.ts';

export interface KeyHolder {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly tenant: string;
  readonly principal: string;
  /** Unix ms; Infinity: never. */
  readonly expiresAt: number;
  readonly mayChooseBackend: boolean;
  /** null: all. */
  readonly backends: ReadonlySet<string> | null;
  readonly roles: readonly string[];
}

export type Settings = Omit<EdgeSettings, '$typeName' | '$unknown'>;
export type RouteMethod = 'header' | 'model' | 'path' | 'default';

export interface Tables {
  readonly version: number;
  readonly hash: string;
  readonly settings: Settings;
  readonly policies: EdgePolicies;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly fallback: Backend | null;
  /** Most specific first. */
  readonly models: readonly { readonly glob: Glob; readonly backend: Backend }[];
  /** In lower case: providers take names in any. */
  readonly blockedModels: readonly Glob[];
  readonly strictModels: boolean;
  readonly order: readonly RouteMethod[];
  readonly keys: ReadonlyMap<string, KeyHolder>;
  readonly networks: Networks<TrustedNetwork>;
  readonly proxies: Networks<true>;
  /** True where backends speak more than one dialect: then a key goes only where its header belongs. */
  readonly mixed: boolean;
}

const ORDER: readonly RouteMethod[] = ['header', 'model', 'path', 'default'];
const HOLD = { waitMs: 20_000, ms: 600_000 };

function settingsOf(given: EdgeSettings | undefined): Settings {
  const settings = given ?? (createSnapshot({ settings: {} }).settings as EdgeSettings);
  return {
    ...settings,
    sessionHeaders: settings.sessionHeaders.length > 0 ? settings.sessionHeaders : [...SESSION_HEADERS],
    idleMs: settings.idleMs || 3_600_000,
    lifeMs: settings.lifeMs || 86_400_000,
    holdWaitMs: settings.holdWaitMs || HOLD.waitMs,
    holdMs: settings.holdMs || HOLD.ms,
    holdMax: settings.holdMax || LIMITS.heldMax.value,
    bodyBytesMax: settings.bodyBytesMax || LIMITS.bodyBytesMax.value,
  };
}

const keyHolder = (entry: Credential): KeyHolder => ({
  id: entry.id,
  hash: entry.hash,
  tenant: entry.tenant,
  principal: entry.principal,
  expiresAt: entry.expiresAt === '' ? Number.POSITIVE_INFINITY : Date.parse(entry.expiresAt),
  mayChooseBackend: entry.mayChooseBackend,
  backends: entry.backends.length === 0 ? null : new Set(entry.backends),
  roles: entry.roles,
});

/**
 * @param keys of the backends by keyRef; a missing one makes its backend refuse.
 * @param before its pools are kept where the backend is the same. @param policies made of the snapshot's (`buildPolicies`).
 * @throws Error where a URL or CIDR is malformed: the snapshot is refused, the edge keeps what it has.
 */
export function buildTables(
  snapshot: Snapshot,
  keys: ReadonlyMap<string, string>,
  before: Tables | null,
  policies: EdgePolicies,
): Tables {
  const kept = new Map([...(before?.backends.values() ?? [])].map(({ pool }) => [pool.key, pool]));
  const backends = new Map<string, Backend>();
  for (const entry of snapshot.backends) {
    const pool = kept.get(BackendPool.keyOf(entry)) ?? new BackendPool(entry);
    kept.set(pool.key, pool);
    backends.set(entry.name, openBackend(entry, entry.keyRef === '' ? null : keys.get(entry.keyRef), pool));
  }
  const models = snapshot.backends
    .flatMap((entry) =>
      entry.models.map((model) => ({ glob: compileGlob(model), backend: backends.get(entry.name) as Backend })),
    )
    .sort((a, b) => b.glob.specificity - a.glob.specificity);
  const order = (snapshot.routing?.order ?? []) as RouteMethod[];
  return {
    version: snapshot.version,
    hash: snapshot.hash,
    settings: settingsOf(snapshot.settings),
    policies,
    backends,
    fallback: [...backends.values()].find(({ isDefault }) => isDefault) ?? [...backends.values()][0] ?? null,
    models,
    blockedModels: (snapshot.routing?.blockedModels ?? []).map((pattern) => compileGlob(pattern.toLowerCase())),
    strictModels: snapshot.routing?.strictModels ?? false,
    order: order.length > 0 ? order : ORDER,
    keys: new Map(snapshot.credentials.map((entry) => [entry.id, keyHolder(entry)])),
    networks: new Networks(snapshot.trustedNetworks.map((entry) => ({ cidr: entry.cidr, value: entry }))),
    proxies: new Networks(snapshot.trustedProxies.map((cidr) => ({ cidr, value: true as const }))),
    mixed: new Set(snapshot.backends.map(({ dialect }) => dialect)).size > 1,
  };
}

/** Pools of `before` that `after` has no use for. */
export const droppedPools = (before: Tables, after: Tables): readonly BackendPool[] => {
  const kept = new Set([...after.backends.values()].map(({ pool }) => pool));
  return [...new Set([...before.backends.values()].map(({ pool }) => pool))].filter((pool) => !kept.has(pool));
};
