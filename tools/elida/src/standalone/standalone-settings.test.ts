import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkListeners } from './preflight.ts';
import { standaloneSettings } from './settings.ts';
import { catchStopSignals } from './stop-signal.ts';

const fileOf = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'elida settings '));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'elida.yaml');
  writeFileSync(path, text);
  return path;
};

describe('settings', () => {
  test('a backend of flag or environment becomes the default and displaces the one of the file', () => {
    const config = fileOf('backends:\n  a: { url: http://a, default: true }\n');
    const settings = standaloneSettings({ config }, { ELIDA_BACKEND: 'http://env' });
    expect(settings.file.backends).toMatchObject({
      a: { default: false },
      default: { url: 'http://env', default: true, type: 'openai' },
    });
    const flagged = standaloneSettings(
      { config, baseUrl: 'http://flag', type: 'anthropic', apiKey: 'k' },
      { ELIDA_BACKEND: 'http://env' },
    );
    expect(flagged.file.backends.default).toMatchObject({ url: 'http://flag', type: 'anthropic', api_key: 'k' });
  });

  test('a preset of the flag takes the place of the one in the file; one that nobody knows is refused', () => {
    const config = fileOf('policy: { preset: minimal, mode: audit }\n');
    expect(standaloneSettings({ config, preset: 'strict' }, {}).file.policy).toMatchObject({
      enabled: true,
      preset: 'strict',
      mode: 'audit',
    });
    expect(() => standaloneSettings({ preset: 'nonsense' }, {})).toThrow(/--preset: .*nonsense/);
  });

  test('every wrong variable is told at once, before anything is opened', () => {
    expect(() => standaloneSettings({}, { ELIDA_PORT: 'x', ELIDA_SECRET: 'short', ELIDA_BACKEND: 'ftp://b' })).toThrow(
      /ELIDA_PORT.*\nELIDA_BACKEND.*\nELIDA_SECRET/,
    );
    expect(() => standaloneSettings({ baseUrl: 'ftp://b' }, {})).toThrow('--base-url: must start with http://');
  });

  test('an open listener needs credentials or the explicit word', () => {
    expect(() => standaloneSettings({ config: fileOf(''), host: '0.0.0.0' }, {})).toThrow(/for anybody/);
    expect(
      standaloneSettings({ config: fileOf(''), host: '0.0.0.0' }, { ELIDA_CLIENT_KEY: 'elida_a_b' }).wiring.proxy.host,
    ).toBe('0.0.0.0');
    expect(
      standaloneSettings({ config: fileOf('proxy: { auth: { allow_insecure: true } }'), host: '::' }, {}).wiring.proxy
        .host,
    ).toBe('::');
  });

  test('what standalone has no use for is said', () => {
    const { warnings } = standaloneSettings({ config: fileOf('session: { store: redis }\n') }, {});
    expect(warnings.join()).toContain('session.store');
  });
});

describe('listeners', () => {
  const at = (port: number) => ({ host: '127.0.0.1', port });
  const taken = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  };

  test('that are taken are all named, with the flag that moves them', async () => {
    const [proxy, metrics] = [await taken(), await taken()];
    await expect(checkListeners({ proxy: at(proxy), control: at(0), metrics: at(metrics) })).rejects.toThrow(
      new RegExp(
        `proxy listener 127.0.0.1:${proxy} is in use .*--port.*\\nmetrics listener 127.0.0.1:${metrics} is in use .*--metrics-port`,
      ),
    );
  });

  test('that are free pass; two of ours on one port do not', async () => {
    await expect(checkListeners({ proxy: at(0), control: at(0), metrics: at(0) })).resolves.toBeUndefined();
    const port = await taken();
    await expect(checkListeners({ proxy: at(port), control: at(port), metrics: at(0) })).rejects.toThrow(
      /is the control listener's too/,
    );
  });

  test('on an address that is not of this machine are refused in words', async () => {
    await expect(
      checkListeners({ proxy: { host: '192.0.2.1', port: 0 }, control: at(0), metrics: at(0) }),
    ).rejects.toThrow('is no address of this machine');
  });
});

test('one key press that arrives twice is one stop; a later second signal forces', async () => {
  let now = 0;
  const forced: string[] = [];
  const stop = catchStopSignals(
    (signal) => forced.push(signal),
    () => now,
  );
  onTestFinished(stop.release);
  process.emit('SIGINT', 'SIGINT');
  expect(await stop.received).toBe('SIGINT');
  now = 20;
  process.emit('SIGINT', 'SIGINT');
  expect(forced).toEqual([]);
  now = 900;
  process.emit('SIGTERM', 'SIGTERM');
  expect(forced).toEqual(['SIGTERM']);
});
