/** What goes beyond the seeds' ten. Keys are put together here, so that no scanner takes this file for a leak. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksRandom } from './detectors/assigned-secrets.ts';
import { createRedactor } from './redactor.ts';

const { redact, redactObject } = createRedactor();
const keeping = createRedactor({ redactPrivateIps: false });
const ten = createRedactor({ builtIn: 'seeds' });

/** `count` characters that look drawn. */
const drawn = (count: number, alphabet = 'aZ3kQ9mX7bT1yW5eR0uG4pL8'): string =>
  Array.from({ length: count }, (_, n) => alphabet[(n * 7 + (n >> 3)) % alphabet.length]).join('');
const hex = (count: number): string => drawn(count, '0a7f3c91e5d2b864');

const KEYS: readonly [string, string, string][] = [
  ['Google', `AIza${drawn(35)}`, '[REDACTED_API_KEY]'],
  ['Groq', `gsk_${drawn(52)}`, '[REDACTED_API_KEY]'],
  ['Hugging Face', `hf_${drawn(34)}`, '[REDACTED_HUGGINGFACE_TOKEN]'],
  ['Bedrock', `ABSK${drawn(128)}=`, '[REDACTED_AWS_KEY]'],
  ['GitHub', `ghp_${drawn(36)}`, '[REDACTED_GITHUB_TOKEN]'],
  ['GitHub, fine-grained', `github_pat_${drawn(22)}_${drawn(59)}`, '[REDACTED_GITHUB_TOKEN]'],
  ['GitLab', `glpat-${drawn(20)}`, '[REDACTED_GITLAB_TOKEN]'],
  ['GitLab, routable', `glpat-${drawn(27)}.01.${drawn(9)}`, '[REDACTED_GITLAB_TOKEN]'],
  ['npm', `npm_${drawn(36)}`, '[REDACTED_NPM_TOKEN]'],
  ['PyPI', `pypi-${drawn(90)}`, '[REDACTED_PYPI_TOKEN]'],
  ['Slack', `xoxb-${drawn(12, '0123456789')}-${drawn(24)}`, '[REDACTED_SLACK_TOKEN]'],
  ['Slack webhook', `hooks.slack.com/services/T${drawn(8)}/B${drawn(8)}/${drawn(24)}`, '[REDACTED_SLACK_WEBHOOK]'],
  ['Stripe', `sk_live_${drawn(24)}`, '[REDACTED_STRIPE_KEY]'],
  ['Stripe webhook', `whsec_${drawn(32)}`, '[REDACTED_STRIPE_KEY]'],
  ['SendGrid', `SG.${drawn(22)}.${drawn(43)}`, '[REDACTED_SENDGRID_KEY]'],
  ['Twilio', `SK${hex(32)}`, '[REDACTED_TWILIO_KEY]'],
  ['DigitalOcean', `dop_v1_${hex(64)}`, '[REDACTED_DIGITALOCEAN_TOKEN]'],
  ['Databricks', `dapi${hex(32)}`, '[REDACTED_DATABRICKS_TOKEN]'],
  ['Azure AD', `${drawn(3)}8Q~${drawn(34)}`, '[REDACTED_AZURE_SECRET]'],
  ['Azure AI', `${drawn(52)}JQQJ99${drawn(26)}`, '[REDACTED_AZURE_KEY]'],
  ['Vault', `hvs.${drawn(90)}`, '[REDACTED_VAULT_TOKEN]'],
  ['Shopify', `shpat_${hex(32)}`, '[REDACTED_SHOPIFY_TOKEN]'],
  ['Google OAuth', `ya29.${drawn(60)}`, '[REDACTED_GOOGLE_TOKEN]'],
  ['OpenAI', `sk-proj-${drawn(60)}_${drawn(60)}`, '[REDACTED_API_KEY]'],
  ['OpenAI service account', `sk-svcacct-${drawn(60)}-${drawn(20)}`, '[REDACTED_API_KEY]'],
  ['Anthropic', `sk-ant-api03-${drawn(93)}AA`, '[REDACTED_API_KEY]'],
];

describe('keys of providers go wherever they stand', () => {
  it.each(KEYS)('%s', (_provider, key, replacement) => {
    for (const [before, after] of [
      ['', ''],
      ['use ', ' now'],
      ['(', ')'],
      ['"', '"'],
      ['first\\n', '\\nlast'],
    ] as const) {
      expect(redact(`${before}${key}${after}`)).toBe(`${before}${replacement}${after}`);
    }
    expect(redact(JSON.stringify({ text: `a ${key}`, n: 1 }))).toBe(JSON.stringify({ text: `a ${replacement}`, n: 1 }));
    expect(redact(`data: {"text":"${key}"}\n\n`)).toBe(`data: {"text":"${replacement}"}\n\n`);
  });

  it('a placeholder is no key', () => {
    for (const text of [`ghp_${'x'.repeat(36)}`, `AIza${'.'.repeat(35)}`, 'sk_live_…', 'npm_config_registry']) {
      expect(redact(text)).toBe(text);
    }
  });
});

describe('secrets with a form around them', () => {
  const block = (kind: string): string => `-----BEGIN ${kind}-----\n${drawn(64)}\n${drawn(40)}=\n-----END ${kind}-----`;

  it.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'])(
    'the whole block of a %s, with real or escaped line ends',
    (kind) => {
      expect(redact(`a ${block(kind)} b`)).toBe('a [REDACTED_PRIVATE_KEY] b');
      expect(redact(`a ${block(kind).replaceAll('\n', '\\n')} b`)).toBe('a [REDACTED_PRIVATE_KEY] b');
      expect(redact(`a ${block(kind).slice(0, -45)}`)).toBe('a [REDACTED_PRIVATE_KEY]');
    },
  );

  it('a public key and a certificate stay', () => {
    for (const kind of ['PUBLIC KEY', 'CERTIFICATE']) expect(redact(block(kind))).toBe(block(kind));
  });

  it.each([
    ['postgres://app:hunter2@db.internal:5432/x', 'postgres://[REDACTED_CREDENTIALS]@db.internal:5432/x'],
    ['https://u:p%40ss@example.com/a', 'https://[REDACTED_CREDENTIALS]@example.com/a'],
    ['redis://:secret@cache/0', 'redis://[REDACTED_CREDENTIALS]@cache/0'],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic [REDACTED_CREDENTIALS]'],
    ["curl -s -u 'admin:hunter22' https://a.example", "curl -s -u '[REDACTED_CREDENTIALS]' https://a.example"],
    [`AccountName=a;AccountKey=${drawn(86)}==;x`, 'AccountName=a;AccountKey=[REDACTED_AZURE_KEY];x'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  it.each([
    'https://example.com:8080/@scope/name',
    'postgres://user:${PASSWORD}@db/x',
    'basic authentication and basic YnJvd3Nlcg==',
    'docker run -u 1000:1000 image',
    'the mail to mailto://someone',
  ])('stays: %s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

describe('a name before a value makes it a secret', () => {
  const value = drawn(32);
  it.each([
    ['aws_secret_access_key = ', ''],
    ['VENDOR_API_KEY=', ''],
    ['vendorToken: "', '"'],
    ["x-api-key: '", "'"],
    ['client_secret => "', '"'],
    ['Authorization: Token ', ''],
  ])('%s…%s', (before, after) => {
    expect(redact(`${before}${value}${after}`)).toBe(`${before}[REDACTED_SECRET]${after}`);
  });

  it.each([
    'the key is to understand that 12 tokens: are not enough',
    'cache_key: user-profile-settings-2024',
    'sort_key = created_at_descending',
    'max_tokens: 128000, tokens: 12345678901234567890',
    'public key: see documentation-of-the-module.html',
    'key: PaymentMethodConfiguration',
    `key: ${'a1b2c3d4'.repeat(100)}`,
  ])('stays: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('in JSON too, where name and value are strings of their own', () => {
    const data = {
      vendor_token: value,
      prompt_cache_key: value,
      auth_token_name: value,
      access_tokens: [value, 'word'],
    };
    expect(JSON.parse(redact(JSON.stringify(data)))).toEqual(redactObject(data));
    expect(redactObject(data)).toEqual({
      vendor_token: '[REDACTED_SECRET]',
      prompt_cache_key: value,
      auth_token_name: value,
      access_tokens: ['[REDACTED_SECRET]', 'word'],
    });
  });

  it('the name of a caller whom the system knows by a key is none', () => {
    const line = JSON.stringify({ principal: `key:${hex(32)}`, session: `ses_${drawn(26)}` });
    expect(redact(line)).toBe(line);
    expect(redact(`stored as key:${hex(32)}`)).toBe(`stored as key:${hex(32)}`);
  });

  it('what is drawn is told from what is written', () => {
    expect([drawn(20), hex(32), '5eb4223e-5008-46e5-be67-c7b8f2732305'].map(looksRandom)).toEqual([true, true, true]);
    expect(['some-longer-name-v2', 'aaaaaaaa1111', 'index-2f3a.html', '2026-11-25T10.00'].map(looksRandom)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('numbers of people and devices that can be checked', () => {
  it.each([
    ['IBAN DE89 3704 0044 0532 0130 00.', 'IBAN [REDACTED_IBAN].'],
    ['gb29nwbk60161331926819', '[REDACTED_IBAN]'],
    ['NO93 8601 1117 947', '[REDACTED_IBAN]'],
    ['from 2001:db8:85a3::8a2e:370:7334 to [fe80::1]:80', 'from [REDACTED_IP] to [[REDACTED_IP]]:80'],
    ['1:2:3:4:5:6:7:8', '[REDACTED_IP]'],
    ['::ffff:192.0.2.1', '[REDACTED_IP]'],
    ['eth0 00:1a:2b:3c:4d:5e', 'eth0 [REDACTED_MAC]'],
    ['0012.3456.789a and 00-1A-2B-3C-4D-5E', '[REDACTED_MAC] and [REDACTED_MAC]'],
    ['call +63 917 123 4567 or +44 (20) 7946-0958', 'call [REDACTED_PHONE] or [REDACTED_PHONE]'],
    ['ssn 078 05 1123', 'ssn [REDACTED_SSN]'],
  ])('%s → %s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  it.each([
    'DE89370400440532013001',
    'std::vector, a::b, de::ca, ::',
    'at 10:15:30 or 1:2',
    'FF:FF:FF:FF:FF:FF',
    '1 + 234567 = 234568, +12 points',
    '000 12 3456, 666 12 3456, 900 12 3456, 123 00 4567',
    '1.078 05 1123',
  ])('stays: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('private addresses of both kinds, where the settings keep them', () => {
    expect(keeping.redact('::1 fe80::1 fd00::2 2001:db8::1')).toBe('::1 fe80::1 fd00::2 [REDACTED_IP]');
  });

  it('no single digit of an IBAN can change and still pass', () => {
    const iban = 'DE89370400440532013000';
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 21 }), fc.nat(9), (at, digit) => {
        fc.pre(iban[at] !== String(digit));
        expect(redact(`${iban.slice(0, at)}${digit}${iban.slice(at + 1)}`)).not.toContain('IBAN');
      }),
    );
  });
});

describe('the seeds’ ten first', () => {
  it('and alone where asked', () => {
    expect(ten.redact(`ghp_${drawn(36)} a@b.co`)).toBe(`ghp_${drawn(36)} [REDACTED_EMAIL]`);
  });

  it('they win where both see something', () => {
    expect(redact('api_key = AKIAIOSFODNN7EXAMPLE')).toBe('api_key = [REDACTED_AWS_KEY]');
    expect(redact(`token: Bearer ${drawn(32)}`)).toBe('token: Bearer [REDACTED_TOKEN]');
    expect(redact(`password: ${drawn(32)}`)).toBe('password=[REDACTED_PASSWORD]');
  });

  it('a schema of JSON that was cut off keeps its members', () => {
    const text = '"password": {"type": "string", "description": "of the server"}, …';
    expect(redact(text)).toBe(text);
  });

  it('a value under a secret’s name stays a number where it is one', () => {
    expect(redactObject({ cvv: 123, pin: '1234', session_token: 'x', credentials: ['a', 'b'] })).toEqual({
      cvv: 123,
      pin: '[REDACTED_SECRET]',
      session_token: '[REDACTED_SECRET]',
      credentials: ['[REDACTED_SECRET]', '[REDACTED_SECRET]'],
    });
  });
});

describe('for any text with such secrets in it', () => {
  const secrets = KEYS.map(([, key]) => key);
  const piece = fc.oneof(
    fc.constantFrom(...secrets, 'DE89370400440532013000', '2001:db8::1', '-----BEGIN PRIVATE KEY-----', 'api_key: '),
    fc.constantFrom('\\', '"', '\n', ' ', '.', '-', '=', ':', '//', '://u:p', '@h', '{', '}', 'curl -u ', 'Basic '),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const joint = fc.constantFrom(' ', ',', '\n', '"', ' \\', '(');
  const messy = fc.array(fc.tuple(piece, joint), { maxLength: 10 }).map((pieces) => pieces.flat().join(''));

  it('redacting again changes nothing', () => {
    fc.assert(
      fc.property(messy, (text) => {
        const once = redact(text);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('JSON stays JSON, event streams keep their lines', () => {
    fc.assert(
      fc.property(messy, fc.jsonValue(), (text, value) => {
        const body = JSON.stringify({ text, value, inner: JSON.stringify({ text }) });
        const out = JSON.parse(redact(body)) as { text: string; inner: string };
        expect(Object.keys(out)).toEqual(['text', 'value', 'inner']);
        expect(JSON.parse(out.inner)).toHaveProperty('text');
        const stream = `event: a\ndata: ${body}\n\ndata: [DONE]\n\n`;
        expect(redact(stream).split('\n')).toHaveLength(stream.split('\n').length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('between blanks or quotes none survives', () => {
    const around = fc.constantFrom(' ', '"', '\n', '(', ')', ', ', '<', '>');
    fc.assert(
      fc.property(around, fc.constantFrom(...secrets), around, (before, secret, after) => {
        expect(redact(`${before}${secret}${after}`)).not.toContain(secret);
      }),
    );
  });
});

describe('what is percent-encoded', () => {
  const { redact } = createRedactor();

  it('is seen: in a form, in a URL, in a string of JSON', () => {
    expect(redact('to=planted.person%40example.com&x=1')).toBe('to=[REDACTED_EMAIL]&x=1');
    expect(redact('a%2C%20123-45-6789%2C%20b')).toBe('a, [REDACTED_SSN], b');
    expect(JSON.parse(redact('{"a":"x%40example.com","b":"100%25","c":1}'))).toEqual({
      a: '[REDACTED_EMAIL]',
      b: '100%25',
      c: 1,
    });
    expect(redact('{"q":"%22me%40example.com%22"}')).toBe('{"q":"\\"[REDACTED_EMAIL]\\""}');
  });

  it('stays as it is where nothing is hidden in it', () => {
    for (const text of ['/a%20b/c%2Fd', '100%25 sure', 'x%zz%4', '%E2%82%AC']) expect(redact(text)).toBe(text);
  });
});
