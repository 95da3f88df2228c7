/**
 * `npm test`: types, lint, dead code (through nx, cached), then every test. `npm test -- FILTER…` runs only the test files that
 * fit. The last line is `N passed, N failed, N skipped`.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { startVitest } from 'vitest/node';
import { BackendUnavailable, startNats, startPostgres, startRedis } from './backends/index.ts';
import { TestCounter } from './test-counter.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CHECKS = ['typecheck', 'lint', 'unused'];

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

/** @returns how many of the checks failed. */
async function staticChecks(): Promise<number> {
  const args = ['run-many', '-t', CHECKS.join(','), '-p', '@elida/repo', '--outputStyle=static'];
  const env = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    NX_INTERACTIVE: 'false',
    NX_SKIP_NX_CACHE: process.env.CI ? 'true' : '',
  };
  const child = spawn(process.execPath, ['node_modules/nx/dist/bin/nx.js', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process.stdout.write(text);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return 0;
  const failed = CHECKS.filter((check) =>
    new RegExp(`^\\s*- @elida/repo:${check}\\s*$`, 'm').test(stripVTControlCharacters(output)),
  );
  return Math.max(1, failed.length);
}

/** Starts each backend once, so that what is missing is installed before tests run side by side, and says what is used. */
async function nameBackends(): Promise<void> {
  for (const start of [startRedis, startNats, startPostgres]) {
    try {
      const backend = await start();
      say(`backend ${backend.name}: ${backend.origin}`);
      await backend.stop();
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      say(`backend ${error.backend}: ${error.message}`);
    }
  }
}

async function main(filters: string[]): Promise<void> {
  const whole = filters.length === 0;
  const checksFailed = whole ? await staticChecks() : 0;
  if (whole) await nameBackends();
  const counter = new TestCounter();
  const vitest = await startVitest(filters, {
    config: 'tools/repo/vitest.config.ts',
    root: ROOT,
    run: true,
    watch: false,
    reporters: ['default', counter],
  });
  await vitest.close();
  const { passed, failed, skipped } = counter.counts;
  if (skipped > 0) say(`skipped:\n  ${counter.skipped.join('\n  ')}`);
  if (checksFailed > 0) say(`checks failed: ${checksFailed} of ${CHECKS.join(', ')}`);
  const allFailed = failed + checksFailed;
  say(`${passed + (whole ? CHECKS.length - checksFailed : 0)} passed, ${allFailed} failed, ${skipped} skipped`);
  // Something that is still open must not keep a finished run alive.
  process.exit(allFailed === 0 && passed > 0 ? 0 : 1);
}

await main(process.argv.slice(2));
