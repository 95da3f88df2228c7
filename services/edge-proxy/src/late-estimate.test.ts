import { estimateTokens } from '@elida/dialects';
import { expect, test } from 'vitest';
import { LateEstimate } from './late-estimate.ts';

test('counts what came in pieces as the whole, also where it is much', () => {
  const words = Array.from({ length: 30_000 }, (_, index) => `word${index} `);
  const estimate = new LateEstimate();
  for (const word of words) estimate.add(word);
  expect(estimate.tokens).toBe(estimateTokens(words.join('')));
});

test('what the provider has counted is not counted again', () => {
  const estimate = new LateEstimate();
  estimate.add('some words');
  estimate.drop();
  estimate.add('and more');
  expect(estimate.tokens).toBe(0);
});
