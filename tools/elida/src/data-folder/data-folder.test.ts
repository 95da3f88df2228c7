import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDataFolder } from './folder.ts';
import { installationSecret } from './installation-secret.ts';
import { lockFolder } from './lock.ts';
import { readRunning, removeRunning, writeRunning } from './running.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'elida data '));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the data folder', () => {
  test('is made with mode 0700, parents too, and closed where it stood open', () => {
    const deep = join(folder(), 'a', 'b');
    expect(openDataFolder(deep)).toBe(deep);
    expect(mode(deep)).toBe('700');
    chmodSync(deep, 0o755);
    openDataFolder(deep);
    expect(mode(deep)).toBe('700');
  });

  test('that is a file or lies below one is refused in words', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(() => openDataFolder(file)).toThrow(/is no folder.*--data-dir/);
    expect(() => openDataFolder(join(file, 'below'))).toThrow(/is no folder/);
  });
});

describe('the installation secret', () => {
  test('is made once, for the owner only, and kept', () => {
    const where = folder();
    const secret = installationSecret(where, undefined);
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(mode(join(where, 'secret'))).toBe('600');
    expect(installationSecret(where, undefined)).toBe(secret);
    expect(readdirSync(where)).toEqual(['secret']);
  });

  test('of the environment wins and is not written down', () => {
    const where = folder();
    expect(installationSecret(where, 'x'.repeat(40))).toBe('x'.repeat(40));
    expect(readdirSync(where)).toEqual([]);
    expect(() => installationSecret(where, 'short')).toThrow(/at least 32/);
  });

  test('that is damaged is never replaced silently', () => {
    const where = folder();
    writeFileSync(join(where, 'secret'), '');
    expect(() => installationSecret(where, undefined)).toThrow(/damaged/);
    expect(readFileSync(join(where, 'secret'), 'utf8')).toBe('');
  });
});

/** A process that locks the folder, says so, and holds on until its stdin closes. */
const HOLDER = `
const { lockFolder } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
try { lockFolder(process.argv[1]); console.log('locked'); } catch (error) { console.log(error.message); }
process.stdin.resume(); process.stdin.on('end', () => process.exit());`;

async function holder(where: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, where], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const said = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return {
    said,
    pid: child.pid,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('the lock', () => {
  test('lets one process in; the other is told who holds it; a killed holder leaves no obstacle', async () => {
    const where = folder();
    const first = await holder(where);
    expect(first.said).toBe('locked');
    expect(() => lockFolder(where)).toThrow(`in use by process ${first.pid}`);
    await first.kill();
    lockFolder(where).release();
    expect(readdirSync(where)).toEqual([]);
  });

  test('of a pid that somebody else got since is stale', () => {
    const where = folder();
    writeFileSync(join(where, 'lock'), `${process.pid} 1\n`);
    lockFolder(where).release();
    expect(readdirSync(where)).toEqual([]);
  });

  test('that is half written or empty is stale', () => {
    const where = folder();
    writeFileSync(join(where, 'lock'), '');
    lockFolder(where).release();
  });

  test('of several that take over a stale lock at once, exactly one gets it', async () => {
    const where = folder();
    writeFileSync(join(where, 'lock'), '999999999 1\n');
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(where)));
    expect(all.filter(({ said }) => said === 'locked')).toHaveLength(1);
  });

  test('that was taken by another is not released by us', () => {
    const where = folder();
    const lock = lockFolder(where);
    writeFileSync(join(where, 'lock'), 'somebody else');
    lock.release();
    expect(readFileSync(join(where, 'lock'), 'utf8')).toBe('somebody else');
  });
});

test('the running instance is found by its data folder, privately, until it is gone', () => {
  const where = join(folder(), 'data');
  mkdirSync(where);
  const instance = {
    pid: 1,
    version: '0',
    proxy: 'http://p',
    control: 'http://c',
    metrics: 'http://m',
    key: 'elida_a_b',
  };
  expect(readRunning(where)).toBeNull();
  writeRunning(where, instance);
  expect(mode(join(where, 'running.json'))).toBe('600');
  expect(readRunning(where)).toEqual(instance);
  writeFileSync(join(where, 'running.json'), '{"pid":');
  expect(readRunning(where)).toBeNull();
  removeRunning(where);
  expect(readdirSync(where)).toEqual([]);
});
