import { expect, test } from 'vitest';
import { otlpUrl } from './otlp-url.ts';

test.each([
  ['http://collector:4318', false, 'http://collector:4318/v1/traces'],
  ['https://host/otlp/', false, 'https://host/otlp/v1/traces'],
  ['http://collector:4318/v1/traces', false, 'http://collector:4318/v1/traces'],
  ['localhost:4317', true, 'http://localhost:4318/v1/traces'],
  ['collector.example', false, 'https://collector.example/v1/traces'],
])('the endpoint %s (insecure: %s) is %s', (endpoint, insecure, url) => {
  expect(otlpUrl(endpoint, insecure, 'traces')).toBe(url);
});
