/** A real Chromium without a screen. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const TIMEOUT_MS = 60_000;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not here
  }
}

export interface Browser {
  /** The page as it is once it has loaded what it asks for, as text. */
  domOf(url: string): Promise<string>;
}

const browserAt = (program: string): Browser => ({
  async domOf(url) {
    const profile = await mkdtemp(join(tmpdir(), 'elida-browser-'));
    try {
      const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
      // The page's live stream never ends: its clock is run ahead instead of waiting for it.
      const run = promisify(execFile)(program, [...flags, '--virtual-time-budget=4000', '--dump-dom', url], {
        timeout: TIMEOUT_MS,
        maxBuffer: 1 << 24,
      });
      return (await run).stdout;
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
});

/** Where there is none, a named skip. @throws where there is none and ELIDA_REQUIRE_BACKENDS is 1. */
export function describeInBrowser(title: string, body: (browser: Browser) => void): void {
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isProgram);
  if (program) {
    describe(title, () => body(browserAt(program)));
    return;
  }
  const missing = `no browser on this machine. Ways out: install one of ${NAMES.join(', ')}`;
  if (process.env.ELIDA_REQUIRE_BACKENDS === '1') throw new Error(missing);
  describe.skip(`${title} [${missing}]`, () => body(browserAt('')));
}
