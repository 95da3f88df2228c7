/** A backend as it is stored, between the file, the API and the snapshot. */
import type { BackendBody, BackendView } from '@elida/contracts/api';
import type { BackendsTable } from '@elida/postgres';
import type { Selectable } from 'kysely';
import { canonicalJson } from './canonical-json.ts';
import type { KeySource } from './key-source.ts';

export type BackendSpec = Omit<BackendBody, 'api_key'> & { readonly key: KeySource };
export type BackendRow = Omit<Selectable<BackendsTable>, 'spec'> & { readonly spec: BackendSpec };

export function specOf({ api_key: _, ...body }: BackendBody, key: KeySource): BackendSpec {
  return { ...body, key };
}

/** Sealing is random: two specs are equal where all else and the key's mark are. */
export function sameSpec(a: BackendSpec, b: BackendSpec): boolean {
  const plain = ({ key, ...rest }: BackendSpec): string =>
    canonicalJson({ ...rest, key: key.kind, mark: 'mark' in key ? key.mark : '' });
  return plain(a) === plain(b);
}

export const backendViewOf = (row: BackendRow): BackendView => ({
  name: row.name,
  owner: row.owner,
  revision: row.revision,
  updated_at: row.updated_at.toISOString(),
  url: row.spec.url,
  type: row.spec.type,
  models: [...row.spec.models],
  default: row.spec.default,
  key: row.spec.key.kind,
  headers: { ...row.spec.headers },
  connections_max: row.spec.connections_max,
  timeouts: { ...row.spec.timeouts },
  tls: { ...row.spec.tls },
});
