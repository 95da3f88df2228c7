/**
 * What the redactor finds in public vectors, beside the seeds' ten patterns alone, and what it costs.
 * `node test/bench/redaction.ts FILE…`: JSON lines (or .gz of them) of {text, label: 0 | 1, type or category, spans?}.
 * A text with spans is found where none of them is left; another where anything was replaced. Of label 0, or of another
 * corpus's benign rows, whatever is replaced is too much.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createRedactor, type Redactor } from '@elida/redaction';

interface Row {
  readonly text: string;
  readonly label: number;
  readonly type?: string;
  readonly category?: string;
  readonly spans?: readonly (readonly [number, number])[];
}

const SHOWN = 40;
const REDACTORS: Readonly<Record<string, Redactor>> = {
  'the ten': createRedactor({ builtIn: 'seeds' }),
  all: createRedactor(),
  'all, private addresses kept': createRedactor({ redactPrivateIps: false }),
};

function rowsOf(path: string): Row[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
}

function isFound(row: Row, redactor: Redactor): boolean {
  const out = redactor.redact(row.text);
  if (out === row.text) return false;
  return (row.spans ?? []).every(([from, to]) => !out.includes(row.text.slice(from, to)));
}

const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

function megabytesPerSecond(rows: readonly Row[], redactor: Redactor): string {
  const { user, system } = process.threadCpuUsage();
  let chars = 0;
  for (let round = 0; round < 5; round++) {
    for (const { text } of rows) {
      redactor.redact(text);
      chars += text.length;
    }
  }
  const spent = process.threadCpuUsage({ user, system });
  return (chars / (spent.user + spent.system)).toFixed(1);
}

const paths = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const wantsMisses = process.argv.includes('--misses');
if (paths.length === 0) {
  process.stderr.write('usage: node test/bench/redaction.ts FILE… [--misses]\n');
  process.exitCode = 2;
}
process.stdout.write('| file | patterns | found | replaced though benign | MB/s |\n|---|---|---|---|---|\n');
for (const path of paths) {
  const rows = rowsOf(path);
  const isCorpus = rows.some(({ category }) => category !== undefined);
  const secret = isCorpus ? [] : rows.filter(({ label }) => label === 1);
  const benign = rows.filter(({ label }) => label === 0);
  for (const [name, redactor] of Object.entries(REDACTORS)) {
    const found = secret.filter((row) => isFound(row, redactor));
    const excess = benign.filter((row) => redactor.redact(row.text) !== row.text);
    const cells = [
      basename(path),
      name,
      secret.length === 0 ? '–' : `${found.length} of ${secret.length} (${share(found.length, secret.length)})`,
      `${excess.length} of ${benign.length} (${share(excess.length, benign.length)})`,
      megabytesPerSecond(rows, redactor),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
    if (!wantsMisses || name !== 'all') continue;
    const ten = REDACTORS['the ten'];
    for (const row of secret.filter((each) => !found.includes(each)).slice(0, SHOWN))
      process.stderr.write(`missed ${row.type}: ${row.text.slice(0, 160)}\n`);
    for (const row of excess.filter(({ text }) => ten?.redact(text) === text).slice(0, SHOWN))
      process.stderr.write(
        `excess ${row.type ?? row.category}: ${redactor.redact(row.text).match(/.{0,60}\[REDACTED_[A-Z_]+\].{0,30}/)?.[0]}\n`,
      );
  }
}
