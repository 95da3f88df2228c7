/**
 * What scanning costs: MB/s by size of text, with ten times the rules, on text that means harm, in a stream, and the longest
 * pause of the event loop while 4 MB are scanned in slices. All figures of one run, medians of interleaved rounds.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { compileScanner, type Scanner, type ScanRule } from '@elida/scan';
import { moreRules, RULES } from './inspect/rules.ts';
import { ADVERSARIAL, OTHERS, typical } from './inspect/texts.ts';

const KB = 1_024;
const ROUNDS = 9;
const ROUND_MS = 40;
/** Bars of docs: MB/s, ratios, ms. */
const BARS = { mbPerSecond: 100, tenfold: 1.2, adversarial: 3, pauseMs: 20 };

interface Case {
  readonly what: string;
  readonly units: number;
  readonly run: () => unknown;
}

interface Row {
  readonly what: string;
  readonly units: number;
  readonly us: number;
  readonly mbPerSecond: number;
}

function scannerOf(rules: readonly ScanRule[]): Scanner {
  const compiled = compileScanner(rules);
  if ('scan' in compiled) return compiled;
  throw new Error(compiled.map(({ rule, message, at }) => `${rule}: ${message} (${at})`).join('\n'));
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** All cases in turn, many times over: what disturbs the machine disturbs all of them. */
function measure(cases: readonly Case[]): Row[] {
  const times = cases.map((): number[] => []);
  const calls = cases.map(({ run }) => {
    const began = performance.now();
    for (let i = 0; i < 3; i++) run();
    return Math.max(1, Math.round(ROUND_MS / ((performance.now() - began) / 3)));
  });
  for (let round = 0; round < ROUNDS; round++) {
    cases.forEach(({ run }, i) => {
      const count = calls[i] ?? 1;
      const began = performance.now();
      for (let call = 0; call < count; call++) run();
      times[i]?.push((performance.now() - began) / count);
    });
  }
  return cases.map(({ what, units }, i) => {
    const us = median(times[i] ?? []) * 1_000;
    return { what, units, us, mbPerSecond: units / us };
  });
}

/** A text as a provider streams it: tokens of four characters. */
function streamed(scanner: Scanner, text: string): void {
  const stream = scanner.open();
  for (let at = 0; at < text.length; at += 4) stream.push(text.slice(at, at + 4));
  stream.end();
}

/** @returns the longest turn, ms, when a long body is scanned slice by slice. */
async function longestPause(scanner: Scanner): Promise<number> {
  const text = typical(4 * KB * KB);
  const stream = scanner.open();
  let longest = 0;
  for (let at = 0; at < text.length; at += 64 * KB) {
    const began = performance.now();
    stream.push(text.slice(at, at + 64 * KB));
    longest = Math.max(longest, performance.now() - began);
    await turn();
  }
  stream.end();
  return longest;
}

const compileBegan = performance.now();
const scanner = scannerOf(RULES);
const compileMs = performance.now() - compileBegan;
const tenfold = scannerOf(moreRules(10));
const whole = (what: string, by: Scanner, text: string): Case => ({
  what,
  units: text.length,
  run: () => by.scan(text),
});
const SIZES = [1, 8, 64, 512];
const rows = measure([
  ...SIZES.map((size) => whole(`typical ${size} KB`, scanner, typical(size * KB))),
  ...SIZES.map((size) => whole(`typical ${size} KB, 10 × rules`, tenfold, typical(size * KB))),
  ...Object.entries(ADVERSARIAL).map(([name, make]) => whole(`harm: ${name}`, scanner, make(64 * KB))),
  ...Object.entries(OTHERS).map(([name, make]) => whole(`other: ${name}`, scanner, make(64 * KB))),
  { what: 'stream of 4-character events', units: 8 * KB, run: () => streamed(scanner, typical(8 * KB)) },
]);
const us = (what: string): number => rows.find((row) => row.what === what)?.us ?? Number.NaN;
const report = {
  bench: 'inspect',
  rules: RULES.length,
  compileMs,
  size: scanner.size,
  tenfoldSize: tenfold.size,
  rows,
  slowestMbPerSecond: Math.min(...SIZES.map((size) => (size * KB) / us(`typical ${size} KB`))),
  tenfold: SIZES.map((size) => us(`typical ${size} KB, 10 × rules`) / us(`typical ${size} KB`)),
  adversarial: Math.max(...Object.keys(ADVERSARIAL).map((name) => us(`harm: ${name}`) / us('typical 64 KB'))),
  streamUsPerEvent: us('stream of 4-character events') / ((8 * KB) / 4),
  longestPauseMs: await longestPause(scanner),
  bars: BARS,
};

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(report));
} else {
  console.log('| text | µs | MB/s | × typical 64 KB, per character |');
  console.log('|---|---|---|---|');
  const base = us('typical 64 KB') / (64 * KB);
  for (const { what, units, us: took, mbPerSecond } of rows) {
    console.log(`| ${what} | ${took.toFixed(1)} | ${mbPerSecond.toFixed(0)} | ${(took / units / base).toFixed(2)} |`);
  }
  console.log(
    `${report.rules} rules compiled in ${compileMs.toFixed(0)} ms: ${report.size.states} states, ${(report.size.bytes / KB / KB).toFixed(1)} MB`,
  );
  console.log(`slowest size ${report.slowestMbPerSecond.toFixed(0)} MB/s, bar ${BARS.mbPerSecond}`);
  console.log(
    `ten times the rules: × ${report.tenfold.map((ratio) => ratio.toFixed(2)).join(', ')}, bar ${BARS.tenfold}`,
  );
  console.log(`worst text: × ${report.adversarial.toFixed(2)}, bar ${BARS.adversarial}`);
  console.log(`a stream event: ${report.streamUsPerEvent.toFixed(2)} µs`);
  console.log(`longest pause over 4 MB: ${report.longestPauseMs.toFixed(1)} ms, bar ${BARS.pauseMs}`);
}
