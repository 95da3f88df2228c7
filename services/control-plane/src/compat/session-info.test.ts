import { SESSION_STATES } from '@elida/contracts';
import { blank } from '@elida/session';
import { expect, it } from 'vitest';
import { printDuration, sessionInfo, stateWord } from './session-info.ts';

const CALM = { score: 0, action: 'none', enforced: false, half_life_ms: 0 } as const;

it.each([
  [0, '0s'],
  [999, '1s'],
  [59_000, '59s'],
  [60_000, '1m0s'],
  [3_723_000, '1h2m3s'],
  [90_000_000, '25h0m0s'],
  [-5, '0s'],
])('%i ms is %s', (ms, text) => {
  expect(printDuration(ms)).toBe(text);
});

it('states are the seeds’ words', () => {
  expect(SESSION_STATES.map(stateWord)).toEqual(['active', 'held', 'killed', 'terminated', 'timeout', 'completed']);
});

it('what is not so is left out', () => {
  const info = sessionInfo({ ...blank('ses_1', 'default'), startedAt: 1_000, lastAt: 2_000 }, 5_000, CALM);
  expect(info).toMatchObject({ duration: '4s', idle_time: '3s', metadata: {}, current_action: 'observe' });
  for (const key of ['end_time', 'reason', 'blocked_until']) expect(info).not.toHaveProperty(key);
});
