/**
 * Compiles what is stored into snapshots, numbers and keeps them, rings the edges. One publication at a time over all
 * replicas; the same content is never published twice in a row.
 */
import {
  type ConfigFile,
  type createSnapshot,
  type Snapshot,
  snapshotFromJson,
  snapshotToJson,
} from '@elida/contracts';
import { EVERY_TENANT } from '@elida/contracts/api';
import { type Clock, Fault, type Installation, isFault, type Log } from '@elida/kernel';
import { type Database, toJsonb } from '@elida/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import { secretHash } from '../access/api-key.ts';
import type { PolicyRelease, Released } from '../policies/release.ts';
import type { ControlBell } from '../ports.ts';
import type { Journal } from '../record/journal.ts';
import type { BackendRow } from './backend-row.ts';
import { backendsPart, credentialsPart, fileHash, filePart, numbered, type Part } from './compile.ts';
import { keyOf } from './key-source.ts';

export interface PublisherParts {
  readonly db: Kysely<Database>;
  readonly journal: Journal;
  readonly bell: ControlBell;
  readonly release: PolicyRelease;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
  readonly file: ConfigFile;
  readonly secretsDir: string;
}

export interface Published {
  readonly version: number;
  readonly hash: string;
}

type Content = NonNullable<Parameters<typeof createSnapshot>[0]>;
type Tx = Transaction<Database>;
const FRESH_MS = 500;
/** Kept beside the content; a snapshot's reader ignores what it does not know. */
interface Beside extends Partial<Pick<Released, 'policyVersions'>> {
  readonly fileHash?: string;
}
interface Made extends Pick<Released, 'policyVersions'> {
  readonly content: Content;
}
const ALL: readonly Part[] = ['file', 'backends', 'credentials', 'policies'];

export class Publisher {
  readonly #parts: PublisherParts;
  #current: Snapshot | null = null;
  #readAt = Number.NEGATIVE_INFINITY;
  #backends: readonly BackendRow[] = [];

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Compiles the named parts anew, keeps the others as they were published last, and publishes if that makes a difference.
   * @throws Fault database_unavailable.
   */
  async publish(author: string, note: string, parts: readonly Part[] = ALL): Promise<Published> {
    return this.#commit(author, note, (tx, last, beside) => this.#merged(tx, last, beside, last ? parts : ALL));
  }

  /**
   * At start: the file's parts where the file says something else than when it was published last. A restart alone
   * undoes no roll-back, and releases no policy.
   */
  async publishFile(): Promise<Published> {
    return this.#commit('control', 'start', async (tx, last, beside) => {
      const isSame = last !== null && beside.fileHash === (await this.#fileHash(tx));
      const parts: readonly Part[] =
        last === null ? ALL : isSame ? ['credentials'] : ['file', 'backends', 'credentials', 'file_policies'];
      return this.#merged(tx, last, beside, parts);
    });
  }

  /** An old content under a new version; credentials as they are today. @throws Fault not_found, database_unavailable. */
  async rollBack(version: number, author: string, note: string): Promise<Published> {
    return this.#commit(author, note || `back to version ${version}`, async (tx) => {
      const row = await tx.selectFrom('snapshots').select('content').where('version', '=', version).executeTakeFirst();
      if (!row) throw new Fault('not_found', `there is no snapshot ${version}`);
      const old = snapshotFromJson(row.content as never);
      // Of a time before policies were compiled: edges would refuse it.
      const raw = old.policies.find(({ compiledJson }) => compiledJson === '');
      if (raw)
        throw new Fault('invalid', `snapshot ${version} holds ${raw.name}@${raw.version} as no edge executes it`);
      return this.#merged(tx, old, row.content, ['credentials']);
    });
  }

  /** @returns null where `etag` (a hash) is still current. @throws Fault not_ready before anything was published. */
  async fetch(etag: string): Promise<Snapshot | null> {
    await this.#refresh();
    if (!this.#current) throw new Fault('not_ready', 'nothing has been published yet');
    return this.#current.hash === etag ? null : this.#current;
  }

  /** Compiles and explains policies, stored or not. */
  get compiler(): PolicyRelease['compiler'] {
    return this.#parts.release.compiler;
  }

  get version(): number {
    return this.#current?.version ?? 0;
  }

  /** @param ref `<name>@<revision>`, as the snapshot has it. @throws Fault not_found. */
  async backendKey(ref: string): Promise<string> {
    const name = ref.replace(/@\d+$/, '');
    const { installation, secretsDir, file } = this.#parts;
    await this.#loadBackends().catch((error: unknown) => {
      if (!isFault(error)) throw error;
    });
    const row = this.#backends.find((backend) => backend.name === name);
    if (!row) throw new Fault('not_found', `there is no backend ${name}`);
    const inFile = file.backends[name]?.api_key;
    return keyOf(row.spec.key, name, { installation, secretsDir, inFile });
  }

  async #compile(tx: Tx, part: Exclude<Part, 'policies' | 'file_policies'>): Promise<Content> {
    const { file } = this.#parts;
    switch (part) {
      case 'file':
        return filePart(file);
      case 'backends':
        return backendsPart((await tx.selectFrom('backends').selectAll().execute()) as unknown as BackendRow[]);
      case 'credentials': {
        const standing = tx.selectFrom('api_keys').selectAll().where('revoked_at', 'is', null);
        return credentialsPart(await standing.execute(), this.#sharedKey());
      }
    }
  }

  async #merged(tx: Tx, last: Snapshot | null, beside: Beside, parts: readonly Part[]): Promise<Made> {
    const others = parts.filter((part) => part !== 'policies' && part !== 'file_policies');
    const fresh = await Promise.all(others.map((part) => this.#compile(tx, part)));
    const content: Content = Object.assign(contentOf(last), ...fresh);
    const { policies, policyVersions } = await this.#policies(tx, last, beside, parts);
    return { content: Object.assign(content, { policies }), policyVersions };
  }

  async #policies(tx: Tx, last: Snapshot | null, beside: Beside, parts: readonly Part[]): Promise<Released> {
    const { release, log } = this.#parts;
    const { policyVersions = {} } = beside;
    const before = { policies: last?.policies ?? [], policyVersions };
    if (parts.includes('policies')) return release.everything(tx);
    try {
      if (parts.includes('file_policies')) return await release.withFile(tx, policyVersions);
    } catch (error) {
      // What another version compiled this one does not take: that is no reason to be down.
      if (!isFault(error)) throw error;
      log.error('policies_kept_as_they_were', { error, problems: error.errors });
    }
    return before;
  }

  async #fileHash(tx: Tx): Promise<string> {
    const rows = (await tx.selectFrom('backends').selectAll().execute()) as unknown as BackendRow[];
    return fileHash(this.#parts.file, rows, await this.#parts.release.written(tx));
  }

  #sharedKey(): { hash: Buffer; kid: string } | null {
    const { file, installation } = this.#parts;
    const key = file.proxy.auth.api_key;
    return key ? { hash: secretHash(installation, key), kid: installation.kid } : null;
  }

  async #commit(
    author: string,
    note: string,
    make: (tx: Tx, last: Snapshot | null, beside: Beside) => Promise<Made>,
  ): Promise<Published> {
    const { journal, clock, bell, log } = this.#parts;
    const at = clock.now();
    const { snapshot, isNew } = await journal.write(async (tx, pen) => {
      await sql`select pg_advisory_xact_lock(hashtext('elida_publish'))`.execute(tx);
      const row = await latest(tx);
      const last = row ? snapshotFromJson(row.content as never) : null;
      const made = await make(tx, last, row?.content ?? {});
      const next = numbered(made.content, (last?.version ?? 0) + 1, at);
      if (last && last.hash === next.hash) return { snapshot: last, isNew: false };
      const { version, hash } = next;
      const { policyVersions } = made;
      const beside: Beside = { fileHash: await this.#fileHash(tx), policyVersions };
      const content = toJsonb({ ...(snapshotToJson(next) as object), ...beside });
      await tx
        .insertInto('snapshots')
        .values({ version, hash, content, author, note, created_at: new Date(at) })
        .execute();
      pen.note(
        'policy_published',
        { tenant: EVERY_TENANT, session: '', incarnation: 0 },
        { version, hash, author, note },
        at,
      );
      return { snapshot: next, isNew: true };
    });
    this.#current = snapshot;
    if (isNew) {
      log.info('snapshot_published', { version: snapshot.version, hash: snapshot.hash, author });
      // Edges that do not hear it ask by themselves.
      await bell
        .ringSnapshot(snapshot.version, snapshot.hash)
        .catch((error: unknown) => log.warn('bell_not_rung', { error }));
    }
    return { version: snapshot.version, hash: snapshot.hash };
  }

  /** Another replica may have published. Without the database the last known one stays. */
  async #refresh(): Promise<void> {
    const { db, clock, log } = this.#parts;
    if (clock.monotonic() - this.#readAt < FRESH_MS) return;
    this.#readAt = clock.monotonic();
    try {
      const newest = await db
        .selectFrom('snapshots')
        .select((select) => select.fn.max('version').as('version'))
        .executeTakeFirst();
      if (!newest?.version || newest.version === this.#current?.version) return;
      const row = await latest(db);
      if (row) this.#current = snapshotFromJson(row.content as never);
    } catch (error) {
      if (!isFault(error)) throw error;
      log.warn('snapshot_not_refreshed', { error });
    }
  }

  async #loadBackends(): Promise<void> {
    this.#backends = (await this.#parts.db.selectFrom('backends').selectAll().execute()) as unknown as BackendRow[];
  }
}

/** As an initialiser: a message that is handed to `create` would be taken as it is. */
function contentOf(snapshot: Snapshot | null): Content {
  if (!snapshot) return {};
  const { $typeName, $unknown, ...content } = snapshot;
  return content;
}

const latest = (db: Kysely<Database>) =>
  db.selectFrom('snapshots').select(['version', 'content']).orderBy('version', 'desc').limit(1).executeTakeFirst();
