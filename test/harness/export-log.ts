/** One log as an export made straight from the tables, and what `elida verify` says of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInstallation } from '@elida/kernel';
import { type Database, logSize, readTiles } from '@elida/postgres';
import {
  checkpointLine,
  headLine,
  leafLine,
  logSigners,
  planRange,
  type Range,
  rangeLine,
  retentionLine,
  verifierKey,
} from '@elida/record';
import { type Kysely, sql } from 'kysely';
import { elida } from './command.ts';

interface Row {
  readonly log_index: string;
  readonly leaf_hash: Buffer;
  readonly leaf: Buffer | null;
  readonly disclosures: string[] | null;
}

/** @param secret of the installation that signed it. */
export async function exportLog(db: Kysely<Database>, tenant: string, secret: string): Promise<string> {
  const installation = openInstallation(secret);
  const signer = logSigners({ name: installation.key('session-id'), seed: installation.key('audit-log') })(tenant);
  const size = await logSize(db, tenant);
  const whole = { from: 0, to: size };
  const head = { origin: signer.name, tenant, key: verifierKey(signer), size, range: whole, at: Date.now() };
  const lines = [headLine(head)];
  const noted = await db
    .selectFrom('log_retention')
    .select('note')
    .where('tenant', '=', tenant)
    .orderBy('id')
    .execute();
  lines.push(...noted.map(({ note }) => retentionLine(note)));
  const checkpoints = await db
    .selectFrom('log_checkpoints')
    .select(['size', 'note'])
    .where('tenant', '=', tenant)
    .execute();
  const notes = new Map(checkpoints.map((row) => [Number(row.size), row.note]));
  const { rows } = await sql<Row>`
    select l.log_index, l.leaf_hash, e.leaf, e.disclosures from log_entries l left join events e using (event_id, occurred_at)
    where l.tenant = ${tenant} order by l.log_index`.execute(db);
  let gone: Range | null = null;
  const flush = async (): Promise<void> => {
    if (gone === null) return;
    const { tiles, finish } = planRange(gone, size);
    lines.push(rangeLine(gone, finish(await readTiles(db, tenant, tiles))));
    gone = null;
  };
  for (const row of rows) {
    const index = Number(row.log_index);
    if (row.leaf === null) gone = { from: (gone as Range | null)?.from ?? index, to: index + 1 };
    else {
      await flush();
      lines.push(leafLine({ index, hash: row.leaf_hash, leaf: row.leaf, disclosures: row.disclosures ?? [] }));
    }
    const note = notes.get(index + 1);
    if (note === undefined) continue;
    await flush();
    lines.push(checkpointLine(note));
  }
  await flush();
  return lines.join('');
}

/** @returns the findings. @param checkpoints the file outside. */
export async function verifyLog(text: string, checkpoints?: string): Promise<unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), 'elida-export-'));
  try {
    const path = join(folder, 'log.jsonl');
    await writeFile(path, text);
    const outside = checkpoints === undefined ? [] : ['--checkpoints', checkpoints];
    const { stdout, stderr } = await elida(['verify', path, '--json', ...outside]);
    const report = JSON.parse(stdout || JSON.stringify({ findings: [stderr] })) as { findings: unknown[] };
    return report.findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
