import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '@elida/client';
import { ConfigError } from '@elida/kernel';
import { afterAll, describe, expect, test } from 'vitest';
import { instantOf } from './commands/keys-create.ts';
import { environmentOf } from './commands/services.ts';
import { connectionOf } from './connection.ts';
import { writeRunning } from './data-folder/running.ts';
import { CommandError, describeError, exitCodeOf } from './exit-code.ts';
import { targetOf } from './target.ts';
import { windowOf } from './window.ts';

describe('the target of an order', () => {
  test('is a session by argument, or one selector', () => {
    expect(targetOf({}, 'ses_a')).toEqual({ scope: 'session', id: 'ses_a' });
    expect(targetOf({ tree: 'ses_a' })).toEqual({ scope: 'tree', id: 'ses_a' });
    expect(targetOf({ all: true })).toEqual({ scope: 'all', id: '' });
  });

  test('is never guessed: none, or two, is a usage error', () => {
    for (const [flags, argument] of [[{}], [{ all: true }, 'ses_a'], [{ principal: 'p', tree: 't' }]] as const) {
      expect(() => targetOf(flags, argument)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });
});

describe('how long an order stands', () => {
  test('as the flags say; without one the server decides', () => {
    expect(windowOf({})).toEqual({});
    expect(windowOf({ for: '1h30m' })).toEqual({ mode: 'duration', duration: '1h30m' });
    expect(windowOf({ until: '2026-08-03T14:00:00+02:00' })).toEqual({
      mode: 'until',
      until: '2026-08-03T12:00:00.000Z',
    });
    expect(windowOf({ untilHourChange: true })).toEqual({ mode: 'until_hour_change' });
    expect(windowOf({ permanent: true })).toEqual({ mode: 'permanent' });
  });

  test('a time or duration that cannot be read is a usage error', () => {
    for (const flags of [{ for: 'soon' }, { for: '0s' }, { until: 'tomorrow' }, { until: '12' }]) {
      expect(() => windowOf(flags)).toThrow(expect.objectContaining({ exitCode: 2 }));
    }
  });

  test('a key expires after a duration or at a time to come', () => {
    const now = Date.parse('2026-08-03T00:00:00Z');
    expect(instantOf('1d', now)).toBe('2026-08-04T00:00:00.000Z');
    expect(instantOf('2027-01-01T00:00:00Z', now)).toBe('2027-01-01T00:00:00.000Z');
    expect(() => instantOf('2020-01-01T00:00:00Z', now)).toThrow(CommandError);
  });
});

describe('the control plane that a command talks to', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'elida cli '));
  const mine = {
    pid: 1,
    version: '0',
    proxy: 'http://p',
    control: 'http://127.0.0.1:7',
    metrics: 'http://m',
    key: 'mine',
  };
  writeRunning(dataDir, mine);
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  test('flag, then environment, then the running instance, then the usual port', () => {
    const environment = { ELIDA_CONTROL_URL: 'http://env', ELIDA_CONTROL_KEY: 'k' };
    expect(connectionOf({ url: 'http://flag', dataDir }, environment)).toEqual({ url: 'http://flag', key: 'k' });
    expect(connectionOf({ dataDir }, environment)).toEqual({ url: 'http://env', key: 'k' });
    expect(connectionOf({ dataDir }, {})).toEqual({ url: mine.control, key: 'mine' });
    expect(connectionOf({}, { ELIDA_DATA_DIR: dataDir })).toEqual({ url: mine.control, key: 'mine' });
    expect(connectionOf({ dataDir: '/nowhere' }, {})).toEqual({ url: 'http://127.0.0.1:9090', key: undefined });
  });

  test('the key of a data folder never goes to another address', () => {
    expect(connectionOf({ url: 'http://elsewhere', dataDir }, {}).key).toBeUndefined();
    expect(connectionOf({ dataDir }, { ELIDA_CONTROL_URL: 'http://elsewhere' }).key).toBeUndefined();
  });

  test('only http and https', () => {
    expect(() => connectionOf({ url: 'file:///etc' }, {})).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

test('flags of a service are laid over its environment, the rest is left alone', () => {
  expect(environmentOf({ portVariable: 'ELIDA_PORT' }, { port: '0', json: true, logLevel: 'warn' })).toEqual({
    ELIDA_PORT: '0',
    ELIDA_JSON: 'true',
    ELIDA_LOG_LEVEL: 'warn',
  });
  expect(environmentOf({ portVariable: undefined }, {})).toEqual({});
});

test('exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 unavailable', () => {
  const problem = (status: number): ProblemError =>
    new ProblemError({
      type: '',
      title: 'T',
      status,
      detail: 'D',
      code: 'c',
      request_id: '',
      errors: [{ path: 'a', message: 'b' }],
    });
  const codes = Object.fromEntries(
    [0, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503].map((s) => [s, exitCodeOf(problem(s))]),
  );
  expect(codes).toEqual({ 0: 5, 400: 2, 401: 4, 403: 4, 404: 3, 409: 1, 422: 2, 429: 5, 500: 1, 502: 5, 503: 5 });
  expect(exitCodeOf(new ConfigError([]))).toBe(2);
  expect(exitCodeOf(new Error('a bug'))).toBe(1);
  expect(describeError(problem(422))).toBe('D\n  a: b');
  expect(describeError(new CommandError('said in words'))).toBe('said in words');
});
