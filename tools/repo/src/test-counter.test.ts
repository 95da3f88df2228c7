import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = `
import { startVitest } from 'vitest/node';
const { TestCounter } = await import(process.env.COUNTER);
const counter = new TestCounter();
const options = { root: process.env.FIXTURES, include: ['*.example.ts'], config: false, run: true, watch: false, reporters: [counter] };
const vitest = await startVitest([], options);
await vitest.close();
console.log('\\n' + JSON.stringify({ ...counter.counts, names: counter.skipped }));
process.exit(0);
`;

it('counts tests, and as failures also files that do not load, hooks that fail and errors outside of any test', async () => {
  const env = {
    ...process.env,
    COUNTER: new URL('./test-counter.ts', import.meta.url).href,
    FIXTURES: fileURLToPath(new URL('../fixtures/counter', import.meta.url)),
  };
  const args = ['--input-type=module', '-e', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env,
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const { passed, failed, skipped, names } = JSON.parse(last) as Record<string, number> & { names: string[] };
  // failed: the test, the file, the hook, the rejection. skipped: by hand, and what the failed hook kept from running.
  expect({ passed, failed, skipped }).toEqual({ passed: 3, failed: 4, skipped: 2 });
  expect(names).toContainEqual('mixed.example.ts > is skipped (no such backend)');
});
