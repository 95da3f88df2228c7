import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BOOTSTRAP = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
/** Stands in for the elida command: says what it got, and waits where told so. */
const COMMAND = `
const [verb, ...args] = process.argv.slice(2);
if (args[0] === 'wait') {
  process.on('SIGTERM', () => { console.log('stopped'); process.exit(7); });
  setInterval(() => {}, 1000);
}
console.log(JSON.stringify({ verb, args, cwd: process.cwd() }));
if (args[0] === 'exit') process.exit(Number(args[1]));
`;

describe('bootstrap', () => {
  const parent = mkdtempSync(join(tmpdir(), 'elida-boot-'));
  const checkout = join(parent, 'a checkout');
  const write = (path: string, text: string): void => {
    mkdirSync(join(checkout, path, '..'), { recursive: true });
    writeFileSync(join(checkout, path), text);
  };
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(checkout, 'tools/repo/bootstrap.mjs'), ...args], {
      cwd: parent,
      encoding: 'utf8',
      env: { ...process.env, INIT_CWD: parent },
    });

  beforeAll(() => {
    mkdirSync(join(checkout, 'tools/repo'), { recursive: true });
    copyFileSync(BOOTSTRAP, join(checkout, 'tools/repo/bootstrap.mjs'));
    write('tools/elida/bin/elida.mjs', COMMAND);
    write('dep/package.json', '{"name":"dep","version":"1.0.0"}');
    const manifest = { name: 'checkout', version: '1.0.0', dependencies: { dep: 'file:./dep' } };
    write('package.json', JSON.stringify(manifest));
    const packages = {
      '': manifest,
      dep: { version: '1.0.0' },
      'node_modules/dep': { resolved: 'dep', link: true },
    };
    write('package-lock.json', JSON.stringify({ ...manifest, lockfileVersion: 3, requires: true, packages }));
  });
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  it('installs once, keeps stdout for the verb, and hands on arguments and the folder', () => {
    const first = run('start', '--config', 'a file.yaml', '--json');
    expect(first.stderr).toContain('installing packages');
    const expected = { verb: 'standalone', args: ['--config', 'a file.yaml', '--json'], cwd: parent };
    expect(JSON.parse(first.stdout)).toEqual(expected);
    const second = run('start');
    expect(second.stderr).toBe('');
    expect(second.status).toBe(0);
  });

  it('installs again when the lock file asks for something else', () => {
    run('start');
    rmSync(join(checkout, 'node_modules/.package-lock.json'));
    expect(run('start').stderr).toContain('installing packages');
  });

  it("ends with the verb's exit code", () => {
    expect(run('start', 'exit', '3').status).toBe(3);
  });

  it('names the verbs where it does not know one', () => {
    const unknown = run('destroy');
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('start, elida, cluster, test, bench, gen');
  });

  it('hands SIGTERM on and waits for the end', async () => {
    run('start');
    const child: ChildProcess = spawn(process.execPath, [join(checkout, 'tools/repo/bootstrap.mjs'), 'start', 'wait'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    if (child.stdout) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'close')) as [number | null];
    expect(output).toContain('stopped');
    expect(code).toBe(7);
  });
});
