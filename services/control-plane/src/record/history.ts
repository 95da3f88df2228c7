/** Ended incarnations, as Postgres has them. */
import { type SessionRecord, wholeRecord } from '@elida/contracts';
import { Fault } from '@elida/kernel';
import type { Database, SessionsTable } from '@elida/postgres';
import type { Kysely, Selectable, SelectQueryBuilder } from 'kysely';
import { sql } from 'kysely';

export interface HistoryFilter {
  /** Empty: every tenant. */
  readonly tenant: string;
  readonly id?: string | undefined;
  readonly state?: string | undefined;
  readonly backend?: string | undefined;
  readonly principal?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

type Rows = SelectQueryBuilder<Database, 'sessions', Selectable<SessionsTable>>;

/** By id, display name, state, backend (also a later one), principal, end within [since, until). */
export function historyOf(db: Kysely<Database>, filter: HistoryFilter): Rows {
  const { tenant, id, state, backend, principal, since, until } = filter;
  return db
    .selectFrom('sessions')
    .selectAll()
    .$if(tenant !== '', (query) => query.where('tenant', '=', tenant))
    .$if(id !== undefined, (query) =>
      query.where((where) =>
        where.or([where('sid', '=', id ?? ''), sql<boolean>`record->>'displayName' = ${id ?? ''}`]),
      ),
    )
    .$if(state !== undefined, (query) => query.where('state', '=', state ?? ''))
    .$if(backend !== undefined, (query) =>
      query.where((where) =>
        where.or([where('backend', '=', backend ?? ''), sql<boolean>`record->'backendsUsed' ? ${backend ?? ''}`]),
      ),
    )
    .$if(principal !== undefined, (query) => query.where('principal', '=', principal ?? ''))
    .$if(since !== undefined, (query) => query.where('ended_at', '>=', new Date(since ?? 0)))
    .$if(until !== undefined, (query) => query.where('ended_at', '<', new Date(until ?? 0)));
}

/** `<ended ms>.<sid>.<incarnation>` of the last row of a page. */
export function afterCursor(rows: Rows, cursor: string): Rows {
  if (cursor === '') return rows;
  const [ended, sid, incarnation] = cursor.split('.');
  const at = Number(ended);
  if (!Number.isSafeInteger(at) || !sid || !Number.isSafeInteger(Number(incarnation)))
    throw new Fault('invalid', 'query.cursor: is not one of ours');
  return rows.where(sql<boolean>`(ended_at, sid, incarnation) < (${new Date(at)}, ${sid}, ${Number(incarnation)})`);
}

export const recordOf = ({ record }: { readonly record: SessionRecord }): SessionRecord => wholeRecord(record);

export const cursorOf = ({ endedAt, sid, incarnation }: SessionRecord): string => `${endedAt}.${sid}.${incarnation}`;

/** The newest end first. */
export const inOrder = (rows: Rows): Rows =>
  rows.orderBy('ended_at', 'desc').orderBy('sid', 'desc').orderBy('incarnation', 'desc');
