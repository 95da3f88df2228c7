/** What the tables of a running cluster say of its record, and what an auditor's command says of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { elida } from './command.ts';
import type { Rig } from './rig.ts';

export interface Row {
  readonly event_id: string;
  readonly producer: string;
  readonly seq: number;
  readonly type: string;
  readonly session: string;
  readonly incarnation: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Null: not in the log yet. */
  readonly log_index: number | null;
  readonly tenant: string;
}

export interface Gap {
  readonly producer: string;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly reason: string;
}

export async function query<T>(rig: Rig, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: rig.cluster.postgres.url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as T[];
  } finally {
    await client.end();
  }
}

/** Every event, in the order of the log. */
export async function everyEvent(rig: Rig): Promise<Row[]> {
  const rows = await query<Row & { seq: string; log_index: string | null }>(
    rig,
    `select e.event_id, e.producer, e.seq, e.type, e.session, e.incarnation, e.data, e.tenant, l.log_index
       from events e left join log_entries l using (event_id, occurred_at) order by e.tenant, l.log_index`,
  );
  return rows.map((row) => ({
    ...row,
    seq: Number(row.seq),
    log_index: row.log_index === null ? null : Number(row.log_index),
  }));
}

export const gapsOf = (rows: readonly Row[]): Gap[] =>
  rows.filter(({ type }) => type === 'audit_gap').map(({ data }) => data as unknown as Gap);

/** What is wrong with the numbers of the producers and the places in the log, in words. Empty: nothing. @param lost numbers that nobody will see. */
export function flaws(rows: readonly Row[], lost: readonly Gap[] = []): string[] {
  const found: string[] = [];
  const ids = new Set(rows.map(({ event_id }) => event_id));
  if (ids.size !== rows.length) found.push(`${rows.length - ids.size} events are there twice`);
  for (const [producer, own] of Map.groupBy(rows, (row) => row.producer)) {
    const seqs = new Set(own.map(({ seq }) => seq));
    if (seqs.size !== own.length) found.push(`${producer}: a number is there twice`);
    const expected = new Set(Array.from({ length: Math.max(...seqs) }, (_, n) => n + 1));
    for (const gap of lost.filter((one) => one.producer === producer))
      for (let seq = gap.from_seq; seq <= gap.to_seq; seq++) expected.delete(seq);
    for (const seq of expected) if (!seqs.has(seq)) found.push(`${producer}: ${seq} is missing`);
    for (const seq of seqs) if (!expected.has(seq)) found.push(`${producer}: ${seq} was said to be lost`);
  }
  for (const [tenant, own] of Map.groupBy(rows, (row) => row.tenant)) {
    for (const [place, { log_index }] of own.entries())
      if (log_index !== place) found.push(`log of ${tenant}: ${log_index} where ${place} should be`);
    const last = new Map<string, number>();
    for (const { producer, session, seq } of own) {
      const key = `${producer} ${session}`;
      if ((last.get(key) ?? 0) >= seq) found.push(`log of ${tenant}: ${seq} of ${producer} is behind a later one`);
      last.set(key, seq);
    }
  }
  return found;
}

export interface Ends {
  /** `<session> <incarnation>`, once for each time that it is there. */
  readonly books: string[];
  readonly records: string[];
  readonly events: string[];
  /** Of every exchange. */
  readonly lived: Set<string>;
}

/** @param sessions those that count. */
export async function endsOf(rig: Rig, rows: readonly Row[], sessions: ReadonlySet<string>): Promise<Ends> {
  const keys = async (table: string): Promise<string[]> =>
    (await query<{ sid: string; incarnation: number }>(rig, `select sid, incarnation from ${table}`))
      .filter(({ sid }) => sessions.has(sid))
      .map(({ sid, incarnation }) => `${sid} ${incarnation}`)
      .sort();
  const of = (type: string): string[] =>
    rows
      .filter((row) => row.type === type && sessions.has(row.session))
      .map(({ session, incarnation }) => `${session} ${incarnation}`)
      .sort();
  return {
    books: await keys('sessions'),
    records: await keys('sdr_outbox where not interim'),
    events: of('session_ended'),
    lived: new Set(of('exchange').filter((key) => !key.endsWith(' 0'))),
  };
}

export interface Verdict {
  readonly code: number | null;
  readonly findings: readonly unknown[];
  readonly logs: readonly Readonly<Record<string, unknown>>[];
}

/** `elida export` of everything and `elida verify` over it, held against the checkpoint file of a worker. */
export async function verified(rig: Rig, out: string, worker: string): Promise<Verdict> {
  const env = {
    ELIDA_CONTROL_URL: String(rig.cluster.control.ready.control),
    ELIDA_CONTROL_KEY: rig.cluster.controlKey,
  };
  const exported = await elida(['export', '--out', out], { env });
  if (exported.code !== 0) throw new Error(exported.stderr);
  const checkpoints = join(rig.cluster.folderOf(worker), 'checkpoints.log');
  await readFile(checkpoints);
  const { code, stdout, stderr } = await elida(['verify', out, '--json', '--checkpoints', checkpoints], { env });
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Omit<Verdict, 'code'>), code };
}
