import { describe, expect, it } from 'vitest';
import { checkPrecondition } from './precondition.ts';

const passes = (ifMatch: string, ifNoneMatch: string, current: string | null): boolean => {
  try {
    checkPrecondition({ ifMatch, ifNoneMatch }, current);
    return true;
  } catch {
    return false;
  }
};

describe('preconditions', () => {
  it.each([
    ['', '', null, true],
    ['', '', '3', true],
    ['3', '', '3', true],
    ['2', '', '3', false],
    ['3', '', null, false],
    ['*', '', '3', true],
    ['*', '', null, false],
    ['', '*', null, true],
    ['', '*', '3', false],
  ] as const)('If-Match %j, If-None-Match %j, at %j: %j', (ifMatch, ifNoneMatch, current, expected) => {
    expect(passes(ifMatch, ifNoneMatch, current)).toBe(expected);
  });
});
