/** Snapshot = f(file, backends, keys, policies). Pure but for the hash. What an edge gets is resolved, and holds no secret. */
import { createHash } from 'node:crypto';
import {
  type ConfigFile,
  captureSettings,
  createSnapshot,
  ENGINE,
  type Snapshot,
  snapshotToJson,
} from '@elida/contracts';
import type { KeyRow } from '../access/keyring.ts';
import type { PolicyRow } from '../policies/rows.ts';
import type { BackendRow } from './backend-row.ts';
import { canonicalJson } from './canonical-json.ts';

type Init = NonNullable<Parameters<typeof createSnapshot>[0]>;
/** Parts are replaced separately: a new key does not publish a policy that nobody released. */
export type Part = 'file' | 'backends' | 'credentials' | 'policies' | 'file_policies';

/** Callers of the proxy need a key, nothing weaker. */
const needsKey = ({ auth }: ConfigFile['proxy']): boolean => auth.enabled ?? auth.api_key !== undefined;

export function filePart(file: ConfigFile): Pick<Init, 'routing' | 'trustedNetworks' | 'trustedProxies' | 'settings'> {
  const { auth } = file.proxy;
  const { header } = file.session;
  const onlyKeys = needsKey(file.proxy);
  const capture = captureSettings(file);
  return {
    routing: {
      order: [...file.routing.methods],
      strictModels: file.routing.strict_model_matching,
      blockedModels: [...file.routing.blocked_models],
    },
    trustedNetworks: auth.trusted_networks.map(({ cidr, tenant, may_choose_backend }) => ({
      cidr,
      tenant,
      mayChooseBackend: may_choose_backend,
    })),
    trustedProxies: [...file.proxy.trusted_proxies],
    settings: {
      sessionHeaders: (typeof header === 'string' ? [header] : header).map((name) => name.toLowerCase()),
      idleMs: file.session.timeout,
      lifeMs: file.session.max_duration,
      failureMode: file.session.failure_mode,
      auditMode: file.storage.audit,
      holdWaitMs: file.session.hold.wait,
      holdMs: file.session.hold.max,
      holdMax: file.session.hold.requests_max,
      providerKeyIdentity: auth.provider_key_identity ?? !onlyKeys,
      anonymousLoopback: !onlyKeys,
      anonymousAnywhere: auth.allow_insecure,
      overheadHeader: file.proxy.overhead_header,
      bodyBytesMax: file.proxy.body_bytes_max,
      requestUsage: file.metering.request_usage,
      captureMode: capture.mode,
      captureBytesMax: capture.bytesMax,
      capturesPerSessionMax: capture.perSessionMax,
    },
  };
}

export const backendsPart = (rows: readonly BackendRow[]): Pick<Init, 'backends'> => ({
  backends: rows
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, revision, spec }) => ({
      name,
      url: spec.url,
      dialect: spec.type,
      models: [...spec.models],
      default: spec.default,
      keyRef: spec.key.kind === 'none' ? '' : `${name}@${revision}`,
      headers: { ...spec.headers },
      timeouts: {
        connectMs: spec.timeouts.connect,
        headersMs: spec.timeouts.headers,
        idleMs: spec.timeouts.idle,
        totalMs: spec.timeouts.total,
      },
      connectionsMax: spec.connections_max,
      tlsCaFile: spec.tls.ca_file ?? '',
    })),
});

/** @param shared hash of `proxy.auth.api_key`: one key for all callers, as the seeds have it. */
export function credentialsPart(
  rows: readonly KeyRow[],
  shared: { readonly hash: Buffer; readonly kid: string } | null,
): Pick<Init, 'credentials'> {
  const own = rows
    .filter(({ roles }) => roles.includes('client'))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((row) => ({
      id: row.id,
      hash: new Uint8Array(row.hash),
      kid: row.kid,
      tenant: row.tenant,
      principal: row.principal,
      roles: ['client'],
      expiresAt: row.expires_at?.toISOString() ?? '',
      mayChooseBackend: row.may_choose_backend,
      backends: [...row.backends],
    }));
  if (!shared) return { credentials: own };
  const everybody = {
    id: 'shared',
    hash: new Uint8Array(shared.hash),
    kid: shared.kid,
    tenant: 'default',
    principal: 'shared-key',
    roles: ['client'],
    expiresAt: '',
    mayChooseBackend: true,
    backends: [],
  };
  return { credentials: [...own, everybody] };
}

/** Of what the file says (`policies`: those that it owns): where it is the same, a start changes nothing (and undoes no roll-back). */
export function fileHash(file: ConfigFile, rows: readonly BackendRow[], policies: readonly PolicyRow[]): string {
  const owned = rows.filter(({ owner }) => owner === 'file');
  const written = policies.map(({ name, content }) => [name, content]);
  return createHash('sha256')
    .update(canonicalJson([filePart(file), backendsPart(owned), written]))
    .digest('hex');
}

/** Of everything but version, hash and time: the same content is the same hash. */
function hashOf(snapshot: Snapshot): string {
  const json = snapshotToJson(snapshot) as Record<string, unknown>;
  const { version, hash, createdAt, ...content } = json;
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** @param at Unix ms. */
export function numbered(content: Init, version: number, at: number): Snapshot {
  const snapshot = createSnapshot({ ...content, minEngine: ENGINE, version, createdAt: new Date(at).toISOString() });
  snapshot.hash = hashOf(snapshot);
  return snapshot;
}
