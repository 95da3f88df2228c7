/**
 * What the shipped presets cost: MB/s by kind and size of text beside one expression after the other, with ten times the rules, on
 * text that means harm, what a first request pays, and the delay of the event loop while 4 MB are scanned. Ratios are of one run,
 * medians of interleaved rounds. `--json` for machines, `--quick` for fewer rounds.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process, { cpuUsage } from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { compileScanner, type Scanner } from '@elida/scan';
import { harmfulText, RULE_PATTERNS, readPatterns } from '../harness/harmful-text.ts';
import { EXAMPLES, type Subject, subjectOf } from './inspect/subjects.ts';
import { harmful, KINDS, textOf } from './inspect/texts.ts';

const KB = 1_024;
const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 3 : 9;
const ROUND_MS = isQuick ? 10 : 25;
const SIZES = [1, 8, 64, 512];
const NAMES = ['standard', 'strict', 'coding-agent'];
const BARS = {
  mbPerSecond: 100,
  tenfold: 1.2,
  adversarial: 3,
  delayMs: 20,
  compileMs: 250,
  tablesMs: 100,
  firstKbMs: 5,
  ownTextMs: 10,
};

interface Case {
  readonly what: string;
  readonly units: number;
  readonly run: () => unknown;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function cpuMs(work: () => void): number {
  const before = cpuUsage();
  work();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1_000;
}

/** All cases in turn, many times over: what disturbs the machine disturbs all of them. @returns MB/s by case, of CPU time. */
function measure(cases: readonly Case[]): Record<string, number> {
  const times = cases.map((): number[] => []);
  // Twice: the first is the compiler's, which the second case profits from.
  for (const { run } of [...cases, ...cases])
    for (const until = performance.now() + ROUND_MS; performance.now() < until; ) run();
  const calls = cases.map(({ run }) => {
    const once = cpuMs(() => {
      for (let i = 0; i < 3; i++) run();
    });
    return Math.max(1, Math.round(ROUND_MS / (once / 3)));
  });
  for (let round = 0; round < ROUNDS; round++) {
    cases.forEach(({ run }, i) => {
      const count = calls[i] ?? 1;
      const took = cpuMs(() => {
        for (let call = 0; call < count; call++) run();
      });
      times[i]?.push(took / count);
    });
  }
  return Object.fromEntries(cases.map(({ what, units }, i) => [what, units / 1_000 / median(times[i] ?? [])]));
}

const scanned = (what: string, scanner: Scanner, text: string): Case => {
  return { what, units: text.length, run: () => scanner.scan(text) };
};

function evaluated(what: string, { evaluator }: Subject, text: string): Case {
  const segment = { side: 'request', role: 'user', kind: 'text', text, message: 0, place: '' } as const;
  return { what, units: text.length, run: () => evaluator.evaluate({ segments: [segment] }) };
}

/** Ms: the longest turn of the loop while a body is scanned as an edge does, of CPU time, and what a timer of the loop sees of it. */
async function delays({ scanner }: Subject, text: string): Promise<{ longestStepMs: number; delayP99Ms: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const steps = scanner.scanning(text);
  let longestStepMs = 0;
  for (let done: boolean | undefined = false; !done; ) {
    const began = process.threadCpuUsage();
    done = steps.next().done;
    const { user, system } = process.threadCpuUsage(began);
    longestStepMs = Math.max(longestStepMs, (user + system) / 1_000);
    await turn();
  }
  histogram.disable();
  return { longestStepMs, delayP99Ms: histogram.percentile(99) / 1e6 };
}

interface Cold {
  readonly compileMs: number;
  readonly tablesMs: number;
  readonly warmMs: number;
  readonly firstKbMs: readonly number[];
}

/** Each in a process of its own, the median of three. */
function cold(preset: string): Cold {
  const runs = Array.from({ length: 3 }, (): Cold => {
    return JSON.parse(
      execFileSync(process.execPath, [join(import.meta.dirname, 'inspect/cold.ts'), preset], { encoding: 'utf8' }),
    );
  });
  return {
    compileMs: median(runs.map(({ compileMs }) => compileMs)),
    tablesMs: median(runs.map(({ tablesMs }) => tablesMs)),
    warmMs: median(runs.map(({ warmMs }) => warmMs)),
    firstKbMs: [0, 1, 2, 3].map((i) => median(runs.map(({ firstKbMs }) => firstKbMs[i] ?? 0))),
  };
}

async function report(preset: string) {
  const subject = subjectOf(preset);
  const { scanner, tenfold } = subject;
  const cells = KINDS.flatMap((kind) => SIZES.map((size) => [`${kind} ${size} KB`, textOf(kind, size * KB)] as const));
  const mixed = SIZES.map((size) => [`mixed ${size} KB`, textOf('mixed', size * KB)] as const);
  const harm = Object.entries(harmful(EXAMPLES)).map(([name, make]) => [name, make(64 * KB)] as const);
  const anchorText = textOf('mixed', 8 * KB);
  const mbPerSecond = measure([
    ...cells.map(([what, text]) => scanned(what, scanner, text)),
    ...mixed.map(([what, text]) => evaluated(`evaluate: ${what}`, subject, text)),
    ...mixed.map(([what, text]) => scanned(`10 × rules: ${what}`, tenfold, text)),
    ...harm.map(([what, text]) => scanned(`harm: ${what}`, scanner, text)),
    { what: 'one expression after the other', units: anchorText.length, run: () => subject.sequential(anchorText) },
  ]);
  const of = (what: string): number => mbPerSecond[what] ?? Number.NaN;
  const worstHarm = harm
    .map(([name]) => [name, of('mixed 64 KB') / of(`harm: ${name}`)] as const)
    .sort((a, b) => b[1] - a[1]);
  const loops = {
    mixed: textOf('mixed', 4 * KB * KB),
    [worstHarm[0]?.[0] ?? '']: harmful(EXAMPLES)[worstHarm[0]?.[0] ?? '']?.(4 * KB * KB) ?? '',
  };
  const eventLoop: Record<string, Awaited<ReturnType<typeof delays>>> = {};
  for (const [what, text] of Object.entries(loops)) eventLoop[what] = await delays(subject, text);
  return {
    preset,
    patterns: subject.patterns.length,
    size: scanner.size,
    ...cold(preset),
    mbPerSecond,
    slowest: Math.min(...cells.map(([what]) => of(what))),
    timesAnchor: of('mixed 8 KB') / of('one expression after the other'),
    tenfold: mixed.map(([what]) => of(what) / of(`10 × rules: ${what}`)),
    adversarial: Object.fromEntries(worstHarm),
    eventLoop,
  };
}

type Report = Awaited<ReturnType<typeof report>>;

function print({ preset, patterns, size, mbPerSecond, ...rest }: Report): void {
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  const fixed = (values: readonly number[], digits = 2): string => values.map((one) => one.toFixed(digits)).join(', ');
  say(`\n## ${preset}: ${patterns} patterns, ${size.states} states, ${(size.bytes / KB / KB).toFixed(1)} MB\n`);
  say(`| MB/s | ${SIZES.map((one) => `${one} KB`).join(' | ')} |\n|---|${SIZES.map(() => '---|').join('')}`);
  for (const row of [...KINDS, 'evaluate: mixed', '10 × rules: mixed']) {
    say(`| ${row} | ${SIZES.map((one) => (mbPerSecond[`${row} ${one} KB`] ?? 0).toFixed(0)).join(' | ')} |`);
  }
  say(`\nslowest ${rest.slowest.toFixed(0)} MB/s, bar ${BARS.mbPerSecond}`);
  say(
    `one expression after the other ${(mbPerSecond['one expression after the other'] ?? 0).toFixed(1)} MB/s: × ${rest.timesAnchor.toFixed(0)}`,
  );
  say(`ten times the rules: × ${fixed(rest.tenfold)}, bar ${BARS.tenfold}`);
  const harm = Object.entries(rest.adversarial).map(([name, ratio]) => `${name} × ${ratio.toFixed(1)}`);
  say(`harm, time per character against mixed text (bar ${BARS.adversarial}): ${harm.join('; ')}`);
  for (const [what, { longestStepMs, delayP99Ms }] of Object.entries(rest.eventLoop)) {
    say(
      `4 MB of ${what} in steps: the longest ${longestStepMs.toFixed(1)} ms of CPU, loop delay p99 ${delayP99Ms.toFixed(1)} ms, bar ${BARS.delayMs}`,
    );
  }
  say(
    `cold: compile ${rest.compileMs.toFixed(0)} ms (bar ${BARS.compileMs}), tables ${rest.tablesMs.toFixed(0)} ms (bar ${BARS.tablesMs}), warming ${rest.warmMs.toFixed(0)} ms, first texts of 1 KB ${fixed(rest.firstKbMs, 1)} ms (bar ${BARS.firstKbMs})`,
  );
}

/** CPU ms for 1 MiB that is made of the rule itself, averaged over the shipped rules. */
function againstItself(): { meanMs: number; worstMs: number; worst: string } {
  const rows = RULE_PATTERNS.map((one) => {
    const scanner = compileScanner([{ id: one.rule, patterns: one.sources, view: one.view }]);
    if (!('scan' in scanner)) throw new Error(one.rule);
    const text = harmfulText(readPatterns(one), KB * KB);
    scanner.scan(text);
    return { rule: one.rule, ms: cpuMs(() => scanner.scan(text)) };
  }).sort((a, b) => b.ms - a.ms);
  const meanMs = rows.reduce((sum, { ms }) => sum + ms, 0) / rows.length;
  return { meanMs, worstMs: rows[0]?.ms ?? 0, worst: rows[0]?.rule ?? '' };
}

const reports: Report[] = [];
for (const preset of NAMES) reports.push(await report(preset));
const itself = againstItself();
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ bench: 'inspect', bars: BARS, reports, againstItself: itself }));
} else {
  for (const one of reports) print(one);
  const { meanMs, worstMs, worst } = itself;
  console.log(
    `\n1 MiB of each rule's own text: ${meanMs.toFixed(1)} ms a rule, worst ${worst} ${worstMs.toFixed(0)} ms, bar ${BARS.ownTextMs}`,
  );
}
