/** Time grows with the text and with nothing else. */
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redactor.ts';

const MIB = 1_048_576;
const fill = (unit: string, bytes = MIB): string => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);

const UNITS = [
  ...['a', '@', 'a@', 'a.', '.a@', '1', '1 ', '1.', '1-', '123-', '123-45-', '(555) ', '4111 ', '1111 1111 1111 '],
  ...[
    'sk-',
    'xsk-',
    'sk-a ',
    'sk-abc12 ',
    'eyJ',
    'eyJ.',
    'Bearer ',
    'Bearer a ',
    'AKIA',
    'elida_',
    'password',
    'pwd: ',
  ],
  ...[
    'password="',
    'pwd\\"',
    'password:',
    '\\',
    '\\@',
    '\\u',
    '"',
    '""',
    '{',
    '[',
    '{"',
    '[{"a":',
    'data:',
    'data:{\n',
    '{\n',
  ],
  ...[
    'ghp_a-',
    'token=a1',
    'key: ',
    'pass ',
    '_',
    'a-',
    '::',
    'ab:cd:',
    '+1-',
    '://a:',
    '://a:b@',
    'DE12 ',
    'SG.a',
    'Q~',
    'sig=',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n',
    'curl -u a:',
    'basic YTpi ',
    '00:1a:',
    '0012.',
    '123 45 ',
  ],
  ...['\n', 'data: {"a":"b"}\n', ' ', 'é@', 'user@example.com ', '4111111111111111,'],
];

const documents = (): [string, string][] => [
  ['[', 'nested lists'],
  [`["${fill('a@b.co ')}"]`, 'one string'],
  [`[${fill('"abc@de",').slice(0, -10)}]`, 'many strings'],
  [`[${'"secret","a1",'.repeat(70_000)}1]`, 'many short strings'],
  [`{${'"password":"x",'.repeat(60_000)}"a":1}`, 'many secret keys'],
];

/** CPU of this thread, best of three: other processes share the machine. */
function bestMs(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

describe('1 MiB of anything is redacted in time', () => {
  const { redact } = createRedactor();
  const custom = createRedactor({
    patterns: [{ name: 'customer', pattern: 'CUST-\\d{8}', replacement: '[REDACTED_CUSTOMER]' }],
  });

  // 1 to 50 ms on a quiet core; a quadratic pass takes minutes.
  it.each(UNITS)('filled with %j', (unit) => {
    const text = fill(unit);
    expect(bestMs(() => redact(text))).toBeLessThan(250);
    expect(bestMs(() => custom.redact(fill(`CUST-${unit}`)))).toBeLessThan(250);
  });

  it.each(documents().map(([text, name]) => [name, text]))('JSON: %s', (_name, text) => {
    expect(bestMs(() => redact(text))).toBeLessThan(250);
  });
});
