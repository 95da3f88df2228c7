import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { silentLog } from '@elida/kernel';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, waitGone } from './orphan.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './server.ts';

let base: string;
let dataDir: string;
let running: EmbeddedPostgres[] = [];
let children: ChildProcess[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'elida test '));
  dataDir = join(base, 'a folder with spaces', `and-a-name-of-more-than-107-bytes-${'x'.repeat(80)}`);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(running.map((server) => server.stop()));
  [running, children] = [[], []];
  await rm(base, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the server may be killed under it
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.map((row: unknown[]) => row[0]);
  } finally {
    await client.end();
  }
}

/** Asks again until it succeeds: for a server that is on its way back. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 15_000; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}

/** A process of its own that starts the server, so that it can be killed. */
async function startInChild(): Promise<{ parent: ChildProcess; pid: number; url: string }> {
  const here = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const script = `
    import { startEmbeddedPostgres } from ${here('./server.ts')};
    import { silentLog } from ${here('../../../kernel/src/index.ts')};
    const { pid, url } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: silentLog });
    console.log(JSON.stringify({ pid, url }));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(parent);
  for await (const line of createInterface({ input: parent.stdout })) return { parent, ...JSON.parse(line) };
  throw new Error('the child ended before it was ready');
}

const runFolder = async (): Promise<string> => readFile(join(dataDir, 'postgres', 'run'), 'utf8');

/** The shell that would stop the orphan. */
async function watchdogOf(pid: number): Promise<number> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile('ps', ['-eo', 'pid=,args='], (error, out) => {
      if (error) return reject(error);
      const line = out.split('\n').find((entry) => entry.includes(`elida-postgres-watchdog ${pid} `));
      resolve(Number.parseInt(line ?? '', 10));
    });
  });
}

describe('the embedded server', () => {
  test('keeps its data over a stop, in a folder with spaces and a long name, and leaves nothing behind', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 7 as n');
    const [folder, pid] = [await runFolder(), first.pid];
    await first.stop();
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
    const second = await start();
    expect(await query(second.url, 'select n from kept')).toEqual([7]);
  });

  test('listens on a socket that only its owner may enter, asks for the password, and is not root', async () => {
    const { url, pid } = await start();
    expect(await query(url, "select setting from pg_settings where name = 'listen_addresses'")).toEqual(['']);
    expect((await stat(await runFolder())).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'postgres', 'data'))).mode & 0o777).toBe(0o700);
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    if (process.platform === 'linux') {
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0\b/m);
    }
  });

  test('comes back at the same address, with what was committed, when it is killed', async () => {
    const server = await start();
    await query(server.url, 'create table kept as select 7 as n');
    const before = server.pid;
    process.kill(before, 'SIGKILL');
    await waitGone(before, 5_000);
    expect(await eventually(() => query(server.url, 'select n from kept'))).toEqual([7]);
    expect(server.pid).not.toBe(before);
  });

  test('does not outlive a parent that is killed', async () => {
    const { parent, pid } = await startInChild();
    const [folder, watchdog] = [await runFolder(), await watchdogOf(pid)];
    parent.kill('SIGKILL');
    expect([await waitGone(pid, 10_000), await waitGone(watchdog, 10_000)]).toEqual([true, true]);
    expect([existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid')), existsSync(folder)]).toEqual([
      false,
      false,
    ]);
  });

  test('an orphan whose watchdog was killed too is stopped by the next start', async () => {
    const { parent, pid, url } = await startInChild();
    await query(url, 'create table kept as select 7 as n');
    process.kill(await watchdogOf(pid), 'SIGKILL');
    parent.kill('SIGKILL');
    await waitGone(parent.pid ?? 0, 5_000);
    expect(isAlive(pid)).toBe(true);
    const folder = await runFolder();
    const next = await start();
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
    expect(await query(next.url, 'select n from kept')).toEqual([7]);
  });

  test('a folder that another process uses is refused, and that process is not disturbed', async () => {
    const { parent, url } = await startInChild();
    await expect(start()).rejects.toThrow(`in use by process ${parent.pid}`);
    expect(await query(url, 'select 1')).toEqual([1]);
  });

  test('a lock with the pid of some other process does not keep it from starting', async () => {
    await (await start()).stop();
    await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), `${process.pid}\n/somewhere\n`);
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
  });

  test('an initdb that was interrupted is done again', async () => {
    await mkdir(join(dataDir, 'postgres', 'data.new'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'data.new', 'PG_VERSION'), '18\n');
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
  });

  test('data of a version that is not here are named, not touched', async () => {
    const data = join(dataDir, 'postgres', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow(/no PostgreSQL 9 to run \(found: \d+/);
    expect(await readFile(join(data, 'PG_VERSION'), 'utf8')).toBe('9\n');
  });
});
