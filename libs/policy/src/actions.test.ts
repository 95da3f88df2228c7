import { expect, it } from 'vitest';
import { ACTION_PLACES, ACTIONS, isHarmless, isStronger, MAY_ACT, mayAct } from './actions.ts';

it('the table says which action may act where', () => {
  const table = ACTIONS.map((action) =>
    [action, ...ACTION_PLACES.map((place) => (mayAct(action, place) ? 'yes' : 'no'))].join(' '),
  );
  expect(table).toEqual([
    'observe yes yes yes yes',
    'flag yes yes yes yes',
    'warn no no no yes',
    'redact yes yes no no',
    'sanitize no yes no no',
    'route yes no no no',
    'throttle no no no yes',
    'hold yes no yes yes',
    'block yes yes yes yes',
    'kill yes yes yes yes',
    'terminate yes yes yes yes',
  ]);
  expect(Object.keys(MAY_ACT)).toEqual([...ACTIONS]);
});

it('actions are ordered, and only what changes nothing is harmless', () => {
  expect(isStronger('terminate', 'block')).toBe(true);
  expect(isStronger('flag', 'flag')).toBe(false);
  expect(ACTIONS.filter(isHarmless)).toEqual(['observe', 'flag', 'warn']);
});
