/** What can be done to the record, and what `elida verify` calls it. The command runs as an auditor runs it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '@elida/contracts';
import { ed25519Signer, leafHash, openLeaf } from '@elida/record';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, type Row } from '../harness/audit-log.ts';
import { elida } from '../harness/command.ts';

const START = Date.parse('2026-11-25T10:00:00Z');
const at = (seconds: number): number => START + seconds * 1_000;
const EXPORTED = at(3_600);

/** Two edges, ten sessions; every edge numbers its own. */
function event(n: number): AuditEvent {
  return {
    eventId: `01a20ffc-6f34-7459-89ac-${String(n).padStart(12, '0')}`,
    tenant: 'default',
    producer: `edge-${n % 2}`,
    seq: Math.floor(n / 2) + 1,
    occurredAt: at(n / 20),
    type: 'session_started',
    session: `ses_${n % 10}`,
    incarnation: 1,
    severity: 'info',
    data: { principal: 'key:ci', agent: '', backend: 'openai', client_addr: '10.0.0.1', hint_kind: 'header', n },
  };
}

const events = (from: number, to: number): AuditEvent[] => Array.from({ length: to - from }, (_, n) => event(from + n));

/** 600 events, a checkpoint behind each hundred. */
function honest(log = new AuditLog()): AuditLog {
  for (let size = 0; size < 600; size += 100) {
    log.append(events(size, size + 100));
    log.checkpoint(at(size / 20 + 10));
  }
  return log;
}

const row = (log: AuditLog, index: number): Row => {
  const found = log.database.rows[index];
  if (!found) throw new Error(`no row ${index}`);
  return found;
};

function flip(log: AuditLog, index: number): void {
  const leaf = new Uint8Array(row(log, index).leaf);
  leaf[40] = (leaf[40] ?? 0) ^ 1;
  log.database.rows[index] = { ...row(log, index), leaf };
}

function swap(log: AuditLog, a: number, b: number): void {
  [log.database.rows[a], log.database.rows[b]] = [row(log, b), row(log, a)];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elida-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finding {
  readonly name: string;
  readonly log: string;
  readonly from: number;
  readonly to: number;
}

let files = 0;
async function verify(lines: readonly string[], anchors: string | null, ...more: string[]) {
  const path = join(folder, `export-${files++}.jsonl`);
  await writeFile(path, lines.join(''));
  await writeFile(`${path}.checkpoints`, anchors ?? '');
  const outside = anchors === null ? [] : ['--checkpoints', `${path}.checkpoints`];
  return run([path, ...outside, ...more]);
}

async function run(args: readonly string[]) {
  const { code, stdout, stderr } = await elida(['verify', ...args, '--json']);
  expect(stdout, stderr).not.toBe('');
  const report = JSON.parse(stdout) as { valid: boolean; findings: Finding[]; logs: Record<string, unknown>[] };
  expect(code).toBe(report.valid ? 0 : 1);
  return { ...report, names: report.findings.map(({ name, from, to }) => `${name} ${from}-${to}`) };
}

describe('an honest export verifies', () => {
  it('whole, with and without the file outside; with neither it says that it takes the key on trust', async () => {
    const log = honest();
    const whole = await verify(log.export(EXPORTED), log.anchors);
    expect(whole.findings).toEqual([]);
    expect(whole.logs[0]).toMatchObject({
      size: 600,
      leaves: 600,
      checkpoints: 12,
      anchored: 6,
      hidden: 0,
      key_from: 'checkpoint file',
      gaps: [],
    });
    expect((await verify(log.export(EXPORTED), null)).logs[0]).toMatchObject({ checkpoints: 6, key_from: 'export' });
    expect((await verify(log.export(EXPORTED), null, '--key', log.key)).logs[0]).toMatchObject({ key_from: 'option' });
  });

  it('after retention: the oldest days are gone, what is left is proven', async () => {
    const log = honest();
    log.remove(
      [
        { from: 0, to: 237 },
        { from: 240, to: 251 },
      ],
      at(600),
    );
    const report = await verify(log.export(EXPORTED), log.anchors);
    expect(report.findings).toEqual([]);
    expect(report.logs[0]).toMatchObject({ size: 600, leaves: 352, removed: 248, checkpoints: 12, uncheckable: 0 });
  });

  it('after erasure: disclosures are gone, leaves and proofs are not', async () => {
    const log = honest();
    log.database.rows[7] = { ...row(log, 7), disclosures: [] };
    expect(openLeaf(row(log, 7).leaf, []).hidden).toBe(2);
    const report = await verify(log.export(EXPORTED), log.anchors);
    expect(report.findings).toEqual([]);
    expect(report.logs[0]).toMatchObject({ hidden: 2 });
  });

  it('of a part of the log, and an old export beside a file that has grown since', async () => {
    const log = honest();
    const part = log.export(EXPORTED, { from: 130, to: 310 });
    log.append(events(600, 650));
    log.checkpoint(EXPORTED + 5_000);
    const report = await verify(part, log.anchors);
    expect(report.findings).toEqual([]);
    expect(report.logs[0]).toMatchObject({ leaves: 180, outside: 420, newer: 1 });
  });

  it('of an empty log', async () => {
    const log = new AuditLog();
    expect((await verify(log.export(EXPORTED), '')).findings).toEqual([]);
  });
});

interface Attack {
  readonly what: string;
  /** The database's owner without the key can write rows and hashes, not the file outside. */
  readonly onLog?: (log: AuditLog) => void;
  /** Who has the export can write anything into it. */
  readonly onLines?: (lines: string[]) => string[];
  readonly found: readonly string[];
}

const rebuilt =
  (change: (log: AuditLog) => void): ((log: AuditLog) => void) =>
  (log) => {
    change(log);
    log.rebuild();
  };

/** The same origin, another key. */
const impostor = (): AuditLog => new AuditLog(new AuditLog().origin, 2);

const ATTACKS: readonly Attack[] = [
  { what: 'a bit of a leaf is flipped', onLog: (log) => flip(log, 123), found: ['altered 123-124'] },
  {
    what: 'a bit is flipped and the hashes rebuilt',
    onLog: rebuilt((log) => flip(log, 123)),
    found: ['altered 100-200'],
  },
  {
    what: 'the middle is deleted',
    onLog: (log) => log.database.rows.fill(null, 300, 303),
    found: ['deleted 300-301', 'deleted 301-302', 'deleted 302-303'],
  },
  {
    what: 'the middle is deleted from the export',
    onLines: (lines) => lines.filter((line) => !/"index":30[012],/.test(line)),
    found: ['deleted 300-303'],
  },
  {
    what: 'the middle is deleted and what follows moved up',
    onLog: (log) => log.database.rows.splice(300, 1),
    found: ['deleted 300-301'],
  },
  {
    what: 'the middle is deleted, moved up, and the hashes rebuilt',
    onLog: rebuilt((log) => log.database.rows.splice(350, 5)),
    found: ['deleted 300-400'],
  },
  {
    what: 'one session is deleted',
    onLog: (log) => {
      for (let index = 205; index < 600; index += 100) log.database.rows[index] = null;
    },
    found: ['deleted 205-206', 'deleted 305-306', 'deleted 405-406', 'deleted 505-506'],
  },
  {
    what: 'the tail is cut off',
    onLog: rebuilt((log) => log.database.rows.splice(560)),
    found: ['truncated 560-600'],
  },
  {
    what: 'the tail is cut off with its checkpoints',
    onLog: rebuilt((log) => {
      log.database.rows.splice(500);
      log.database.checkpoints.pop();
    }),
    found: ['rolled_back 500-600'],
  },
  {
    what: 'the log is emptied',
    onLog: (log) => {
      log.database = new AuditLog().database;
    },
    found: ['stream_deleted 0-600'],
  },
  {
    what: 'two leaves change places',
    onLog: (log) => swap(log, 40, 77),
    found: ['reordered 40-41', 'reordered 77-78'],
  },
  {
    what: 'two leaves of a session change places and the hashes are rebuilt',
    onLog: rebuilt((log) => swap(log, 140, 150)),
    found: ['reordered 150-151'],
  },
  {
    what: 'two lines of the export change places',
    onLines: (lines) => [...lines.slice(0, 31), ...lines.slice(31, 33).reverse(), ...lines.slice(33)],
    found: ['reordered 30-31'],
  },
  {
    what: 'a leaf is replayed in the place of another',
    onLog: (log) => {
      log.database.rows[90] = row(log, 12);
    },
    found: ['replayed 90-91'],
  },
  {
    what: 'a leaf is replayed at the end',
    onLog: rebuilt((log) => log.database.rows.push(row(log, 12))),
    found: ['replayed 600-601', 'uncovered 600-601'],
  },
  {
    what: 'a line is exported twice',
    onLines: (lines) => [...lines.slice(0, 21), ...lines.slice(20)],
    found: ['replayed 19-20'],
  },
  {
    what: 'events are added that nobody has signed',
    onLog: (log) => log.append(events(600, 603)),
    found: ['uncovered 600-603'],
  },
  {
    what: 'a checkpoint is written without the key',
    onLines: (lines) => lines.map((line) => line.replace('\\n600\\n', '\\n601\\n')),
    found: ['checkpoint_forged 600-600'],
  },
  {
    what: 'the log is rewritten and signed with another key',
    onLines: () => honest(impostor()).export(EXPORTED),
    found: ['key_replaced 0-0', ...[100, 200, 300, 400, 500, 600].map((size) => `checkpoint_forged ${size}-${size}`)],
  },
  {
    what: 'a retention statement is written without the key',
    onLog: (log) => log.database.rows.fill(null, 200, 203),
    onLines: ([head = '', ...lines]) => {
      const other = impostor();
      other.remove([{ from: 200, to: 300 }], at(100));
      return [head, other.export(EXPORTED)[1] ?? '', ...lines];
    },
    found: ['retention_forged 0-0', 'deleted 200-201', 'deleted 201-202', 'deleted 202-203'],
  },
  {
    what: 'a disclosure is written anew',
    onLog: (log) => {
      const forged = Buffer.from(JSON.stringify(['c2FsdA', 'principal', 'key:other'])).toString('base64url');
      log.database.rows[5] = { ...row(log, 5), disclosures: [forged] };
    },
    found: ['disclosure_forged 5-6'],
  },
];

describe('what was done to it is found and named', () => {
  it.each(ATTACKS)('$what', async ({ onLog, onLines, found }) => {
    const log = honest();
    const { anchors } = log;
    onLog?.(log);
    const lines = log.export(EXPORTED);
    expect((await verify(onLines?.(lines) ?? lines, anchors)).names).toEqual(found);
  });

  it('any character of any leaf, hash or note is changed', async () => {
    const log = honest();
    log.remove([{ from: 0, to: 97 }], at(600));
    const lines = log.export(EXPORTED);
    const places = lines.flatMap((line, at) => {
      const [, before = '', value = ''] = /^(.*"(?:leaf|hash|note)":")([^"]+)/.exec(line) ?? [];
      return value === '' ? [] : [{ at, from: before.length, chars: value.length }];
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        async (place, where) => {
          const line = lines[place.at] ?? '';
          const char = place.from + Math.floor(where * place.chars);
          const changed = line[char] === 'A' ? 'B' : 'A';
          const tampered = lines.with(place.at, line.slice(0, char) + changed + line.slice(char + 1));
          expect((await verify(tampered, log.anchors)).valid).toBe(false);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('the database is rolled back to an earlier dump', async () => {
    const log = honest();
    const dump = log.dump();
    log.append(events(600, 700));
    log.checkpoint(at(60));
    log.database = dump;
    expect((await verify(log.export(EXPORTED), null)).findings, 'nothing in the database tells').toEqual([]);
    expect((await verify(log.export(EXPORTED), log.anchors)).names).toEqual(['rolled_back 600-700']);
  });

  it('… and has gone on since, with checkpoints that the log itself signed', async () => {
    const log = honest();
    const dump = log.dump();
    log.append(events(600, 700));
    log.checkpoint(at(60));
    log.database = dump;
    log.append(events(700, 820));
    log.checkpoint(at(90));
    expect((await verify(log.export(EXPORTED), null)).findings).toEqual([]);
    expect((await verify(log.export(EXPORTED), log.anchors)).names).toEqual(['rolled_back 600-700']);
  });

  it('a whole log is missing from a folder', async () => {
    const [one, two, three] = ['a', 'b', 'c'].map((tenant) => honest(new AuditLog(`elida.test/${tenant}`)));
    if (!one || !two || !three) throw new Error('three logs');
    const path = join(folder, 'installation');
    await mkdir(path);
    await writeFile(join(path, 'a.jsonl'), one.export(EXPORTED).join(''));
    const logs = [
      { origin: one.origin, file: 'a.jsonl' },
      { origin: two.origin, file: 'b.jsonl' },
    ];
    await writeFile(join(path, 'manifest.json'), JSON.stringify({ format: 1, logs }));
    await writeFile(`${path}.checkpoints`, one.anchors + two.anchors + three.anchors);
    const { findings } = await run([path, '--checkpoints', `${path}.checkpoints`]);
    expect(findings.map(({ name, log, to }) => `${name} ${log} ${to}`)).toEqual([
      `stream_deleted ${two.origin} 600`,
      `stream_deleted ${three.origin} 600`,
    ]);
  });

  it('a clock went wrong: an event is from long after the checkpoint that covers it; a checkpoint from before the last', async () => {
    const log = honest();
    log.append([{ ...event(600), occurredAt: at(100_000) }]);
    log.checkpoint(at(5));
    expect((await verify(log.export(EXPORTED), log.anchors)).names).toEqual([
      'clock_skew 600-601',
      'clock_skew 600-601',
    ]);
  });

  it('the file outside was written without the key', async () => {
    const log = honest();
    const { anchors } = log;
    log.append(events(600, 610));
    log.checkpoint(at(60), ed25519Signer(log.origin, new Uint8Array(32).fill(9)));
    const forged = log.anchors;
    log.anchors = anchors;
    log.database.checkpoints.pop();
    log.checkpoint(at(60));
    expect((await verify(log.export(EXPORTED), forged)).names).toEqual(['checkpoint_forged 0-0']);
  });

  it('what cannot be read is said so, and no crash', async () => {
    const log = honest();
    const lines = log.export(EXPORTED);
    lines.splice(10, 1, 'not json\n');
    expect((await verify(lines, log.anchors)).names).toEqual(['malformed 9-9', 'deleted 9-10']);
    expect((await verify(['{}\n'], null)).names).toEqual(['malformed 0-0']);
    const leaf = Buffer.from('no event');
    log.database.rows.push({ leaf, disclosures: [] });
    log.rebuild();
    expect(leafHash(leaf)).toHaveLength(32);
    log.checkpoint(at(60));
    expect((await verify(log.export(EXPORTED), log.anchors)).names).toEqual(['malformed 601-601']);
  });
});
