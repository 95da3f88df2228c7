/**
 * What the presets say about labelled texts: alarms on benign rows, hits on attacks, per source. Takes the path of a gzipped
 * JSONL file of rows `{id, text, label, channel, source}`; `--show` lists what fired where, `--json` for machines.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compilePolicy, createEvaluator, type Evaluator, isHarmless, PRESETS, scanEngine } from '@elida/policy';

interface LabelledText {
  readonly id: string;
  readonly text: string;
  /** 1: an attack. */
  readonly label: 0 | 1;
  /** `user`, `tool` or `doc`; the last two come to a model as tool results. */
  readonly channel: string;
  readonly source: string;
}

interface Tally {
  rows: number;
  /** Rows with a finding that counts; `watched`: with one of an observing rule only. */
  alarms: number;
  watched: number;
  /** Rows that are not let through as they are. */
  acted: number;
  /** The same text as a model's reply. */
  replyAlarms: number;
}

const [path, ...flags] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: npm run bench presets <rows.jsonl.gz> [--show] [--json]\n');
  process.exit(1);
}
const rows = gunzipSync(readFileSync(path))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as LabelledText);

function evaluatorOf(preset: string): Evaluator {
  const compiled = compilePolicy({ preset }, { engine: scanEngine });
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
  return createEvaluator(compiled.policy, scanEngine);
}

const TALLY: Tally = { rows: 0, alarms: 0, watched: 0, acted: 0, replyAlarms: 0 };
const fired = new Map<string, number>();

function judge(preset: string, evaluator: Evaluator, row: LabelledText, tally: Tally): void {
  const common = { kind: 'text', text: row.text, message: 0, place: '' };
  const role = row.channel === 'user' ? 'user' : 'tool';
  const asked = evaluator.evaluate({ segments: [{ ...common, side: 'request', role }] });
  const replied = evaluator.evaluate({ segments: [{ ...common, side: 'response', role: 'assistant' }] });
  tally.rows++;
  if (asked.findings.some(({ observe }) => !observe)) tally.alarms++;
  else if (asked.findings.length > 0) tally.watched++;
  if (asked.decision.action !== 'allow' && !isHarmless(asked.decision.action)) tally.acted++;
  if (replied.findings.some(({ observe }) => !observe)) tally.replyAlarms++;
  for (const { rule, side, spans } of [...asked.findings, ...replied.findings]) {
    const key = `${preset} ${row.label === 1 ? 'attack' : 'benign'} ${side} ${rule}`;
    fired.set(key, (fired.get(key) ?? 0) + 1);
    if (!flags.includes('--show') || row.label === 1) continue;
    const { start = 0, end = 0 } = spans[0] ?? {};
    console.log(`${preset} ${row.id} ${side} ${rule}: ${JSON.stringify(row.text.slice(start, end).slice(0, 200))}`);
  }
}

const report = PRESETS.map(({ name }) => {
  const evaluator = evaluatorOf(name);
  const tallies = new Map<string, Tally>();
  for (const row of rows) {
    for (const group of [row.source, 'all']) {
      const key = `${row.label === 1 ? 'attack' : 'benign'}|${group}`;
      const tally = tallies.get(key) ?? { ...TALLY };
      tallies.set(key, tally);
      if (group === 'all') continue;
      judge(name, evaluator, row, tally);
    }
  }
  for (const [key, tally] of tallies) {
    const all = tallies.get(`${key.split('|')[0]}|all`);
    if (!all || all === tally) continue;
    for (const field of Object.keys(TALLY) as (keyof Tally)[]) all[field] += tally[field];
  }
  return { preset: name, tallies: Object.fromEntries([...tallies].sort(([a], [b]) => (a < b ? -1 : 1))) };
});

if (flags.includes('--json')) {
  console.log(JSON.stringify({ bench: 'presets', rows: rows.length, report, fired: Object.fromEntries(fired) }));
} else {
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;
  for (const { preset, tallies } of report) {
    console.log(
      `\n## ${preset}\n\n| rows | source | n | findings | acted on | watched only | as a reply |\n|---|---|---|---|---|---|---|`,
    );
    for (const [key, tally] of Object.entries(tallies)) {
      const cells = [tally.alarms, tally.acted, tally.watched, tally.replyAlarms].map((n) => percent(n, tally.rows));
      console.log(`| ${key.replace('|', ' | ')} | ${tally.rows} | ${cells.join(' | ')} |`);
    }
  }
  for (const [key, count] of [...fired].sort((a, b) => b[1] - a[1])) console.log(`${String(count).padStart(6)} ${key}`);
}
