import { silentLog } from '@elida/kernel';
import { type Bell, createMemoryBell, createNatsBell } from '@elida/nats';
import { freePort, startNats } from '@elida/repo';
import { describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { freeze } from '../harness/freeze.ts';
import { type BellSubject, bellContract, INSTALLATION } from './bell.contract.ts';

const overNats = (url: string): Bell => createNatsBell({ url, installation: INSTALLATION, log: silentLog });
const heard = async (...bells: readonly Bell[]): Promise<void> => {
  await expect.poll(() => bells.every((bell) => bell.connected()), { timeout: 10_000 }).toBe(true);
};

bellContract('in memory', async () => {
  const bell = createMemoryBell({ installation: INSTALLATION });
  return { edge: bell, control: bell, ready: () => Promise.resolve(), close: () => bell.close() };
});

await describeWith('NATS', { nats: () => startNats() }, (backends) => {
  bellContract('over NATS', async (): Promise<BellSubject> => {
    const [edge, control] = [overNats(backends.nats.url), overNats(backends.nats.url)];
    return {
      edge,
      control,
      // Subscriptions travel on the same connection before the ring's answer does.
      async ready() {
        await heard(edge, control);
        for (const bell of [edge, control]) await bell.ringOrder(new Uint8Array());
      },
      async close() {
        await edge.close();
        await control.close();
      },
    };
  });
});

await describeWith('NATS of our own', { nats: () => startNats({ own: true }) }, (backends) => {
  describe('when NATS is away', () => {
    it('starts all the same, and is there when NATS is; again after a restart', async () => {
      const port = await freePort();
      const [edge, control] = [overNats(`nats://127.0.0.1:${port}`), overNats(`nats://127.0.0.1:${port}`)];
      const versions: number[] = [];
      edge.onSnapshot((version) => versions.push(version));
      expect(control.connected()).toBe(false);
      await expect(control.ringSnapshot(1, '')).rejects.toThrow();
      for (const version of [2, 3]) {
        const nats = await startNats({ own: true, port });
        await heard(edge, control);
        await control.ringSnapshot(version, '');
        await expect.poll(() => versions.at(-1)).toBe(version);
        await nats.stop('SIGKILL');
        await expect.poll(() => control.connected(), { timeout: 10_000 }).toBe(false);
      }
      // What was rung into the void is not rung again later.
      expect(versions).toEqual([2, 3]);
      await edge.close();
      await control.close();
    });

    it('frozen, ringing gives up within a bounded time, and the bell comes back', async () => {
      const control = overNats(backends.nats.url);
      await heard(control);
      await freeze(backends.nats.pid);
      const began = performance.now();
      await expect(control.ringSnapshot(1, '')).rejects.toThrow(/did not answer/);
      expect(performance.now() - began).toBeLessThan(1_000);
      process.kill(backends.nats.pid, 'SIGCONT');
      await expect
        .poll(
          () =>
            control.ringSnapshot(2, '').then(
              () => true,
              () => false,
            ),
          { timeout: 10_000 },
        )
        .toBe(true);
      await control.close();
    });
  });
});
