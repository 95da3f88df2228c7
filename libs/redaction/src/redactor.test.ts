import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redactor.ts';

const { redact, redactObject } = createRedactor();

describe('the table of the seed documents, to the letter', () => {
  it.each([
    ['user@example.com', '[REDACTED_EMAIL]'],
    ['123-45-6789', '[REDACTED_SSN]'],
    ['4111 1111 1111 1111', '[REDACTED_CC]'],
    ['(555) 123-4567', '[REDACTED_PHONE]'],
    ['sk-abc123...', '[REDACTED_API_KEY]'],
    ['Bearer eyJ...', 'Bearer [REDACTED_TOKEN]'],
    ['eyJhbG...', '[REDACTED_JWT]'],
    ['AKIAIOSFODNN7EXAMPLE', '[REDACTED_AWS_KEY]'],
    ['password: secret123', 'password=[REDACTED_PASSWORD]'],
    ['192.168.1.100', '[REDACTED_IP]'],
    ['Customer email: user@example.com, SSN: 123-45-6789', 'Customer email: [REDACTED_EMAIL], SSN: [REDACTED_SSN]'],
  ])('%s → %s', (input, output) => {
    expect(redact(input)).toBe(output);
  });

  it('custom patterns, and nested data', () => {
    const custom = createRedactor({
      patterns: [
        { name: 'customer_id', pattern: 'CUST-\\d{8}', replacement: '[REDACTED_CUSTOMER]' },
        { name: 'internal_token', pattern: 'INT-[A-Z0-9]{32}', replacement: '[REDACTED_INTERNAL]' },
        { name: 'order_id', pattern: 'ORD-\\d{10}', replacement: '[REDACTED_ORDER]' },
      ],
    });
    expect(custom.redact(`CUST-12345678, INT-${'A1'.repeat(16)}, ORD-1234567890 by a@b.co`)).toBe(
      '[REDACTED_CUSTOMER], [REDACTED_INTERNAL], [REDACTED_ORDER] by [REDACTED_EMAIL]',
    );
    expect(
      redactObject({ email: 'user@example.com', nested: { api_key: 'sk-abcdef123456789012345', count: 3 } }),
    ).toEqual({ email: '[REDACTED_EMAIL]', nested: { api_key: '[REDACTED_API_KEY]', count: 3 } });
  });
});

describe('what has the shape goes', () => {
  it.each([
    ['mail <a.b+c@mail.example.co.uk>.', 'mail <[REDACTED_EMAIL]>.'],
    ['4111-1111-1111-1111 or 4111111111111111', '[REDACTED_CC] or [REDACTED_CC]'],
    ['3782 822463 10005, 378282246310005', '[REDACTED_CC], [REDACTED_CC]'],
    ['+1 (555) 123-4567 / 1-555-123-4567 / 555.123.4567', '[REDACTED_PHONE] / [REDACTED_PHONE] / [REDACTED_PHONE]'],
    ['(555)123-4567', '[REDACTED_PHONE]'],
    ['sk-ant-api03-AbC_dEf-123', '[REDACTED_API_KEY]'],
    ['key sk-proj-abcdefghijklmnop1.', 'key [REDACTED_API_KEY].'],
    ['elida_ab12cd34_0123456789abcdefXYZ', '[REDACTED_API_KEY]'],
    ['authorization: bearer abcdefghijklmnopqrst', 'authorization: Bearer [REDACTED_TOKEN]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!', '[REDACTED_JWT]!'],
    ['ASIAIOSFODNN7EXAMPLE', '[REDACTED_AWS_KEY]'],
    ['db_password=hunter2&x=1', 'db_password=[REDACTED_PASSWORD]&x=1'],
    ['Passwd = "two words", pwd:x', 'Passwd = "[REDACTED_PASSWORD]", pwd=[REDACTED_PASSWORD]'],
    ['from 10.0.0.1:8080 to 255.255.255.255', 'from [REDACTED_IP]:8080 to [REDACTED_IP]'],
    ['a@b.co,c@d.org', '[REDACTED_EMAIL],[REDACTED_EMAIL]'],
    ['task-sk-abc123456', 'task-[REDACTED_API_KEY]'],
  ])('%s → %s', (input, output) => {
    expect(redact(input)).toBe(output);
  });
});

describe('what only looks alike stays', () => {
  it.each([
    'sk-learn and risk-123456 and disk-a1b2c3',
    'the bearer of bad news',
    'a @ b, @types/node, user@localhost',
    '2026-11-24T10:15:00.123Z',
    '1795564442080 ms, 1234567 bytes',
    'v1.2.3.4.5 and 300.1.1.1',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    '12345678-1234-1234-1234-123456789012',
    'AKIA and AKIAIOSFODNN7EXAMPLES',
    'the password must be long',
    'ses_abcdefghijklmnopqrstuvwxyz exc_0123456789abcdef',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('private addresses, where the settings keep them', () => {
    const keeping = createRedactor({ redactPrivateIps: false });
    expect(keeping.redact('192.168.1.100 172.16.0.1 127.0.0.1 8.8.8.8')).toBe(
      '192.168.1.100 172.16.0.1 127.0.0.1 [REDACTED_IP]',
    );
  });
});

describe('JSON and event streams stay what they were', () => {
  it('only strings change: numbers, order, duplicates, white space stay', () => {
    const text = '{ "b": 4111111111111111, "1": 1.50, "a":"x 123-45-6789",\n "a": [1e3, "u@e.com"], "n": null }';
    expect(redact(text)).toBe(
      '{ "b": 4111111111111111, "1": 1.50, "a":"x [REDACTED_SSN]",\n "a": [1e3, "[REDACTED_EMAIL]"], "n": null }',
    );
  });

  it('values of secret keys go whatever they look like, in any spelling, alone or in a list', () => {
    expect(redact('{"Password":"x","clientSecret":"y","api-key":["p","q"],"token":"word","max_tokens":"9"}')).toBe(
      '{"Password":"[REDACTED_PASSWORD]","clientSecret":"[REDACTED_SECRET]","api-key":["[REDACTED_SECRET]","[REDACTED_SECRET]"],"token":"word","max_tokens":"9"}',
    );
    expect(redactObject({ db_password: 'x', authorization: 'Bearer abcdefghijklmnopqrst', cookie: ['a=b'] })).toEqual({
      db_password: '[REDACTED_PASSWORD]',
      authorization: 'Bearer [REDACTED_TOKEN]',
      cookie: ['[REDACTED_SECRET]'],
    });
  });

  it('escapes are read: what they hide is found', () => {
    expect(redact('{"a":"user\\u0040example.com"}')).toBe('{"a":"[REDACTED_EMAIL]"}');
    expect(redact('{"a":"\\nuser@example.com"}')).toBe('{"a":"\\n[REDACTED_EMAIL]"}');
  });

  it('JSON inside a JSON string stays JSON', () => {
    const inner = JSON.stringify({ to: 'u@e.com', password: 'p "q"', n: 5 });
    const out = JSON.parse(redact(JSON.stringify({ arguments: inner }))) as { arguments: string };
    expect(JSON.parse(out.arguments)).toEqual({ to: '[REDACTED_EMAIL]', password: '[REDACTED_PASSWORD]', n: 5 });
  });

  it('each event keeps its framing', () => {
    const text = 'event: a\ndata: {"text":"\\nu@e.com","id":1}\r\n\r\ndata: plain 10.0.0.1\n\ndata: [DONE]\n\n';
    expect(redact(text)).toBe(
      'event: a\ndata: {"text":"\\n[REDACTED_EMAIL]","id":1}\r\n\r\ndata: plain [REDACTED_IP]\n\ndata: [DONE]\n\n',
    );
  });

  it('JSON that was cut off is redacted as text, and keeps its escapes', () => {
    expect(redact('{"a":"\\nuser@example.com\\t123-45-6789","password":"x y')).toBe(
      '{"a":"\\n[REDACTED_EMAIL]\\t[REDACTED_SSN]","password":"[REDACTED_PASSWORD]',
    );
  });

  it('keys are redacted too, and none is lost', () => {
    expect(redactObject({ 'a@b.co': 1, 'c@d.co': 2 })).toEqual({ '[REDACTED_EMAIL]': 1, '[REDACTED_EMAIL]#2': 2 });
  });
});

const piece = fc.oneof(
  fc.constantFrom(
    ...['a@b.co', '123-45-6789', '4111 1111 1111 1111', '(555) 123-4567', 'sk-abc123...', 'Bearer eyJabc', 'eyJhbGci'],
    ...[
      'AKIAIOSFODNN7EXAMPLE',
      'password: ',
      'password="',
      '192.168.1.1',
      '\\',
      '"',
      '\n',
      ' ',
      '.',
      '-',
      '@',
      '{',
      '}',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const messy = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('for any text', () => {
  it('redacting again changes nothing', () => {
    fc.assert(
      fc.property(messy, (text) => {
        const once = redact(text);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('valid JSON stays valid, with the same shape, and the same numbers', () => {
    const shape = (value: unknown): unknown => {
      if (typeof value === 'string') return '';
      if (Array.isArray(value)) return value.map(shape);
      return typeof value === 'object' && value !== null ? Object.values(value).map(shape) : value;
    };
    fc.assert(
      fc.property(fc.jsonValue(), messy, (value, text) => {
        const data = [value, { text, nested: JSON.stringify({ text }) }];
        const out: unknown = JSON.parse(redact(JSON.stringify(data)));
        expect(shape(out)).toEqual(shape(JSON.parse(JSON.stringify(data))));
      }),
      { numRuns: 1_000 },
    );
  });

  it('no address, number or key of the table survives inside it', () => {
    const secrets = ['user@example.com', '123-45-6789', 'AKIAIOSFODNN7EXAMPLE', '192.168.1.100'];
    const around = fc.string({ unit: fc.constantFrom(' ', ',', '\n', '"', '(', '{', 'é') });
    fc.assert(
      fc.property(around, fc.constantFrom(...secrets), around, (before, secret, after) => {
        expect(redact(`${before}${secret}${after}`)).not.toContain(secret);
        expect(redact(JSON.stringify({ text: `${before}${secret}${after}` }))).not.toContain(secret);
      }),
    );
  });
});
