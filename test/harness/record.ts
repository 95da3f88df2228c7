/** A control plane and an audit worker of one installation on one database, and the `elida` command beside them; a tenant at a time. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, encodeBatch } from '@elida/contracts';
import { newSalt, newSecret, openInstallation } from '@elida/kernel';
import { encodeRecord } from '@elida/record';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { type AuditUnderTest, auditEvent, startAudit } from './audit.ts';
import { type CommandResult, elida } from './command.ts';
import { startTestControl, type TestControl } from './control.ts';

export type Json = Record<string, unknown>;

export const patient = { timeout: 30_000, interval: 20 };
export const newName = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;
export const many = (session: string, count: number, change: Partial<AuditEvent> = {}): Partial<AuditEvent>[] =>
  Array.from({ length: count }, () => ({ session, ...change }));

/** Events that a new tenant begins with: its key was made. */
export const MADE = 1;

export interface Verdict {
  readonly code: number | null;
  readonly names: readonly string[];
  readonly findings: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly logs: readonly Json[];
}

export class RecordUnderTest {
  readonly control: TestControl;
  readonly worker: AuditUnderTest;
  readonly secret: string;
  readonly folder: string;
  tenant = '';
  producer = '';
  sent = 0;
  /** Of the tenant, with every permission that there is in one. */
  key = '';

  private constructor(control: TestControl, worker: AuditUnderTest, secret: string, folder: string) {
    this.control = control;
    this.worker = worker;
    this.secret = secret;
    this.folder = folder;
  }

  static async start(postgresUrl: string): Promise<RecordUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'elida-record-'));
    const secret = newSecret();
    const control = await startTestControl({ postgresUrl, installation: openInstallation(secret) });
    await sql`select elida_make_event_partitions((now() at time zone 'utc')::date - 45, 50)`.execute(control.db);
    const checkpoints = join(folder, 'checkpoints.log');
    const worker = await startAudit({ databaseUrl: postgresUrl, secret, checkpoints });
    return new RecordUnderTest(control, worker, secret, folder);
  }

  async close(): Promise<void> {
    await this.worker.close();
    await this.control.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  get checkpoints(): string {
    return join(this.folder, 'checkpoints.log');
  }

  async newTenant(): Promise<void> {
    this.tenant = newName('tenant');
    this.producer = newName('edge');
    this.sent = 0;
    const body = { name: this.tenant, roles: ['owner' as const], tenant: this.tenant };
    this.key = (await this.control.client.call('createKey', { body })).key;
  }

  client(): TestControl['client'] {
    return this.control.clientOf(this.key);
  }

  /** As an edge would; resolves when they are stored. */
  async send(events: readonly Partial<AuditEvent>[]): Promise<AuditEvent[]> {
    const { tenant, producer, worker } = this;
    const made = events.map((change) => auditEvent('', ++this.sent, { tenant, producer, ...change }));
    const records = made.map((event) => encodeRecord(event, newSalt));
    await worker.queue.send(encodeBatch(producer, records));
    await expect.poll(() => worker.queue.through(producer), patient).toBe(this.sent);
    return made;
  }

  /** Until everything has its place in the log. */
  async logged(size: number): Promise<void> {
    const state = async () => (await this.client().call('listLogs')).logs[0];
    await expect.poll(state, patient).toMatchObject({ size, waiting: 0 });
  }

  async get(path: string, key = this.key): Promise<{ status: number; body: Json }> {
    const reply = await fetch(this.control.url + path, { headers: { authorization: `Bearer ${key}` } });
    return { status: reply.status, body: (await reply.json()) as Json };
  }

  /** The command, as the tenant. */
  run(...args: string[]): Promise<CommandResult> {
    return this.runAs(this.key, ...args);
  }

  runAs(key: string, ...args: string[]): Promise<CommandResult> {
    return elida(args, { env: { ELIDA_CONTROL_URL: this.control.url, ELIDA_CONTROL_KEY: key } });
  }

  /** What `elida verify` says of an export, held against the checkpoints outside. */
  async exportAndVerify(...args: string[]): Promise<Verdict> {
    const path = join(this.folder, newName('export'));
    const { code, stderr } = await this.run('export', '--out', path, ...args);
    expect(code, stderr).toBe(0);
    const verified = await this.run('verify', path, '--json', '--checkpoints', this.checkpoints);
    const report = JSON.parse(verified.stdout) as Pick<Verdict, 'findings' | 'logs'>;
    return { ...report, code: verified.code, names: report.findings.map(({ name }) => name) };
  }

  /** What only a superuser can do. */
  async tamper(table: 'events' | 'log_entries' | 'log_checkpoints', statement: ReturnType<typeof sql>): Promise<void> {
    await this.control.db.transaction().execute(async (trx) => {
      await sql.raw(`alter table ${table} disable trigger user`).execute(trx);
      await statement.execute(trx);
      await sql.raw(`alter table ${table} enable trigger user`).execute(trx);
      await sql.raw(`alter table ${table} enable always trigger ${table}_immutable`).execute(trx);
      if (table === 'events') await sql`alter table events enable always trigger events_to_log`.execute(trx);
    });
  }
}
