/** What a process pays before its first verdict: one preset, compiled, its tables built, and the first KB. Prints one line of JSON. */
import { cpuUsage } from 'node:process';
import { compilePolicy, createEvaluator, matchesOf, scanEngine, scanRulesOf } from '@elida/policy';
import { compileScanner } from '@elida/scan';
import { textOf } from './texts.ts';

const [preset = 'standard'] = process.argv.slice(2);

function cpuMs<T>(work: () => T): readonly [T, number] {
  const before = cpuUsage();
  const result = work();
  const { user, system } = cpuUsage(before);
  return [result, (user + system) / 1_000];
}

const [compiled, compileMs] = cpuMs(() => compilePolicy({ preset }, { engine: scanEngine }));
if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'));
const { policy } = compiled;
const [scanner, tablesMs] = cpuMs(() => compileScanner(scanRulesOf(policy)));
if (!('scan' in scanner)) throw new Error(scanner.map(({ message }) => message).join('\n'));
const [, warmMs] = cpuMs(() => [...scanner.warming()]);
const evaluator = createEvaluator(policy, {
  ...scanEngine,
  finder: () => (text) => matchesOf(scanner.scan(text)),
});
const first = ['mixed', 'prose', 'code', 'json'].map((kind) => {
  const text = textOf(kind, 1_024);
  const segment = { side: 'request', role: 'user', kind: 'text', text, message: 0, place: '' } as const;
  return cpuMs(() => evaluator.evaluate({ segments: [segment] }))[1];
});
const { states, bytes } = scanner.size;
console.log(
  JSON.stringify({
    preset,
    patterns: policy.patterns.length,
    compileMs,
    tablesMs,
    warmMs,
    firstKbMs: first,
    states,
    bytes,
  }),
);
