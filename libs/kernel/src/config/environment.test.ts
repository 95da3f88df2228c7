import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { env, readEnvironment } from './environment.ts';
import { ConfigError } from './problem.ts';

const schema = z.object({
  ELIDA_PORT: env.port.default(8080),
  ELIDA_REDIS_URL: env.url('redis', 'rediss'),
  ELIDA_SECRET: env.secret,
  ELIDA_STRICT: env.flag.optional(),
});

const problemsOf = (variables: Record<string, string>): string[] => {
  try {
    readEnvironment(variables, schema);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => `${problem.path} ${problem.message}`);
    throw error;
  }
  return [];
};

describe('the environment of a process', () => {
  test('gives typed, frozen values and defaults', () => {
    const read = readEnvironment(
      { ELIDA_REDIS_URL: 'redis://r:6379', ELIDA_SECRET: 's'.repeat(32), ELIDA_STRICT: 'off', PATH: '/bin' },
      schema,
    );
    expect(read).toEqual({
      ELIDA_PORT: 8080,
      ELIDA_REDIS_URL: 'redis://r:6379',
      ELIDA_SECRET: 's'.repeat(32),
      ELIDA_STRICT: false,
    });
    expect(Object.isFrozen(read)).toBe(true);
  });

  test('names every variable that is missing or wrong, at once, and never its value', () => {
    const problems = problemsOf({ ELIDA_PORT: '99999', ELIDA_REDIS_URL: '', ELIDA_SECRET: 'hunter2' });
    expect(problems).toEqual([
      'ELIDA_PORT must be a port between 0 and 65535',
      'ELIDA_REDIS_URL is not set',
      'ELIDA_SECRET must be at least 32 characters long',
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('recognises the service link that Kubernetes puts where a port is expected', () => {
    const good = { ELIDA_REDIS_URL: 'rediss://r', ELIDA_SECRET: 's'.repeat(32) };
    expect(problemsOf({ ...good, ELIDA_PORT: 'tcp://10.96.0.7:8080' })[0]).toContain('enableServiceLinks: false');
  });
});
