import { expect, test } from 'vitest';
import { uuidv5, uuidv7 } from './ids.ts';

test('the same name is the same UUIDv5, another name another', () => {
  const id = uuidv5('session_ended/ses_a/1');
  expect(id).toBe(uuidv5('session_ended/ses_a/1'));
  expect(id).not.toBe(uuidv5('session_ended/ses_a/2'));
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a UUIDv7 begins with its time and sorts by it', () => {
  const [first, second] = [uuidv7(1_700_000_000_000), uuidv7(1_700_000_000_001)];
  expect(Number.parseInt(first.replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
  expect(first < second).toBe(true);
});
