import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Child, startChild } from '../child.ts';
import { answers, BackendUnavailable } from './backend.ts';
import { startRedis } from './index.ts';
import { obtain } from './obtain.ts';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('waited 10 s');
    await sleep(20);
  }
}

describe('backends', () => {
  it('stop waits until the process is gone', async () => {
    const redis = await startRedis({ own: true });
    expect(alive(redis.pid)).toBe(true);
    await redis.stop();
    expect(alive(redis.pid)).toBe(false);
  });

  it('a frozen backend stops too', async () => {
    const redis = await startRedis({ own: true });
    process.kill(redis.pid, 'SIGSTOP');
    await redis.stop();
    expect(alive(redis.pid)).toBe(false);
  });

  it('starts again at the same address with what it stored', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'elida-test-'));
    const first = await startRedis({ own: true, dataDir });
    const port = Number(new URL(first.url).port);
    expect(await answers(port, 'SET kept yes\r\n', '+OK')).toBe(true);
    await first.stop();
    const second = await startRedis({ own: true, dataDir, port });
    expect(second.url).toBe(first.url);
    expect(await answers(port, 'GET kept\r\n', 'yes')).toBe(true);
    await second.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('names the ways out where there is no backend', async () => {
    const nothing = obtain({
      name: 'redis',
      variable: 'ELIDA_TEST_NOTHING',
      packages: [],
      image: { name: '', port: 0, scheme: '', env: {} },
      own: true,
      startLocal: () => Promise.resolve(null),
    });
    await expect(nothing).rejects.toThrow(BackendUnavailable);
    await expect(nothing).rejects.toThrow(/set ELIDA_TEST_NOTHING; run Docker; apt-get install/);
  });

  it('a backend does not outlive its owner, even where that is killed', async () => {
    const source = fileURLToPath(new URL('./index.ts', import.meta.url));
    const program = `const { startRedis } = await import(${JSON.stringify(source)});
      const redis = await startRedis({ own: true }); console.log('pid ' + redis.pid); setInterval(() => {}, 1000);`;
    let pid = 0;
    const owner: Child = await startChild({
      command: process.execPath,
      args: ['--input-type=module', '-e', program],
      onLine: (line) => {
        if (line.startsWith('pid ')) pid = Number(line.slice(4));
      },
    });
    await until(() => pid > 0);
    expect(alive(pid)).toBe(true);
    await owner.stop('SIGKILL');
    await until(() => !alive(pid));
  });
});
