import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSchema } from '@elida/contracts';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { type ConfigCheck, loadConfigFile, parseConfigText, requireConfigFile } from './load.ts';

const problems = (text: string, environment: Record<string, string> = {}): string[] => {
  const loaded = parseConfigText(text, environment);
  return 'problems' in loaded
    ? loaded.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
    : [];
};

const config = (text: string, environment: Record<string, string> = {}) => {
  const loaded = parseConfigText(text, environment);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
};

describe('a file with mistakes', () => {
  test('shows all of them at once, each with line, column and what was meant', () => {
    expect(
      problems(`listen: 8080
backends:
  openai:
    url: ftp://api.openai.com
    modles: [gpt-*]
    default: true
  anthropic:
    url: https://api.anthropic.com
    default: true
    timeouts:
      connect: soon
sesion:
  timeout: 5m
session:
  kill_block:
    mode: until_hour_chang
  failure_mode: 1
proxy:
  auth:
    trusted_networks: [10.0.0.0/8, 10.0.0.0/99]
`),
    ).toEqual([
      '1:9 listen: must be text, not a number',
      '4:10 backends.openai.url: must start with http://, https://, ws:// or wss://',
      '5:5 backends.openai.modles: unknown key: did you mean models?',
      '9:14 backends.anthropic.default: only one backend can be the default: openai is already',
      '11:16 backends.anthropic.timeouts.connect: a duration looks like 30s, 5m, 1h30m or 250ms',
      '12:1 sesion: unknown key: did you mean session?',
      '16:11 session.kill_block.mode: must be one of duration, until_hour_change, permanent (did you mean until_hour_change?)',
      '17:17 session.failure_mode: must be one of closed, open',
      '20:36 proxy.auth.trusted_networks.1: must be a network such as 10.0.0.0/8 or fd00::/8',
    ]);
  });

  test('refuses a key that occurs twice', () => {
    expect(problems('listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\nmetrics: {}\nmetricz: {}\n')).toEqual([
      '2:1 : the key listen occurs twice',
      '4:1 metricz: unknown key: did you mean metrics?',
    ]);
  });

  test('says where a key belongs that stands in the wrong section', () => {
    expect(problems('kill_block:\n  mode: permanent\n')).toEqual([
      '1:1 kill_block: unknown key here: it belongs at session.kill_block',
    ]);
  });

  test('points at the parent of what is missing', () => {
    expect(problems('backends:\n  openai:\n    type: openai\n')).toEqual(['2:3 backends.openai.url: is missing']);
  });

  test('tells broken YAML by its place and nothing else', () => {
    const [first, ...others] = problems('session:\n\ttimeout: 5m\nbackend: x\n');
    expect(first).toMatch(/^2:1 /);
    expect(others.every((line) => !line.includes('unknown key'))).toBe(true);
  });

  test('refuses what is no mapping, an alias bomb and bytes that are not UTF-8', () => {
    expect(problems('- a\n- b\n')).toEqual([expect.stringContaining('the file must hold keys and values')]);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, index) => {
        const before = 'abcdefg'[index];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
      }),
    ].join('\n');
    expect(problems(bomb).join()).toContain('alias');
    const folder = mkdtempSync(join(tmpdir(), 'elida config '));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'latin1.yaml');
    writeFileSync(file, Buffer.from([0x61, 0x3a, 0x20, 0xe9, 0xff]));
    expect(loadConfigFile(file, {})).toEqual({
      problems: [{ line: 0, column: 0, path: file, message: 'is not UTF-8 text' }],
    });
  });

  test('what another library judges is told at its place, too', () => {
    const check: ConfigCheck = (file) =>
      file.storage.redaction.patterns.map((_, index) => ({
        path: ['storage', 'redaction', 'patterns', index, 'pattern'],
        message: 'no',
      }));
    const text = 'storage:\n  redaction:\n    patterns:\n      - { name: a, pattern: b, replacement: c }\n';
    expect(parseConfigText(text, {}, [check])).toEqual({
      problems: [{ line: 4, column: 29, path: 'storage.redaction.patterns.0.pattern', message: 'no' }],
    });
  });

  test('two defaults, a default in both forms, and TLS without its files are mistakes', () => {
    expect(problems('backend: http://a\nbackends:\n  b: { url: http://b, default: true }\n')).toEqual([
      '1:10 backend: would be a second default backend: backends.b is already',
    ]);
    expect(problems('backend: http://a\nbackends:\n  default: { url: http://b }\n')).toHaveLength(1);
    expect(problems('tls:\n  enabled: true\n')).toEqual([
      '1:1 tls.cert_file: is needed where tls.enabled is true',
      '1:1 tls.key_file: is needed where tls.enabled is true',
    ]);
    expect(problems('tls: { enabled: true, auto_cert: true }\n')).toHaveLength(2);
    expect(problems('redis: { addr: a }\nsession: { redis: { addr: b } }\n')).toHaveLength(1);
  });
});

describe('variables', () => {
  test('are filled in everywhere, as text, flag or number, with defaults', () => {
    const file = config(
      `backends:
  openai:
    url: https://\${HOST:-api.openai.com}/v1
    api_key: \${KEY}
    default: \${IS_DEFAULT}
    connections_max: \${SOCKETS}
    headers: { x-literal: "$\${NOT_ME}" }
`,
      { KEY: '12345', IS_DEFAULT: 'true', SOCKETS: '7' },
    );
    expect(file.backends.openai).toMatchObject({
      url: 'https://api.openai.com/v1',
      api_key: '12345',
      default: true,
      connections_max: 7,
      headers: { 'x-literal': '${NOT_ME}' },
    });
  });

  test('that are missing are named, once each, at their place', () => {
    expect(problems('backends:\n  a:\n    url: ${URL_A}\n    api_key: "${KEY_A}"\n', { KEY_A: '' })).toEqual([
      '3:10 backends.a.url: the environment variable URL_A is not set',
      '4:14 backends.a.api_key: the environment variable KEY_A is not set',
    ]);
    expect(problems('backend: http://${oh no}\n')[0]).toContain('write $${ for the characters themselves');
  });

  test('never show their value in a problem', () => {
    expect(problems('backend: ${URL_A}\nlisten: ${URL_A}\n', { URL_A: 'hunter2' }).join()).not.toContain('hunter2');
  });
});

describe('what may be left out', () => {
  test('an empty file, empty sections and no file at all give the defaults', () => {
    const defaults = fileSchema.parse({});
    expect(config('')).toEqual(defaults);
    expect(config('# nothing\nproxy:\nsession:\n  # timeout: 5m\n')).toEqual(defaults);
    expect(loadConfigFile(undefined, {})).toEqual({ config: defaults, warnings: [] });
  });

  test('a file that was named must exist', () => {
    expect(() => requireConfigFile('/nowhere/elida.yaml', {})).toThrow('/nowhere/elida.yaml: there is no such file');
  });

  test('the short form is one backend named default', () => {
    expect(config('backend: https://api.anthropic.com\n').backends).toMatchObject({
      default: { url: 'https://api.anthropic.com', type: 'anthropic', default: true },
    });
  });
});

test('the configuration is frozen to its leaves', () => {
  expect(Object.isFrozen(config('backend: http://a\n').backends.default?.timeouts)).toBe(true);
});

test('property: no text makes the loader throw, and every problem lies inside the text', () => {
  const piece = fc.constantFrom(
    'listen',
    'backends',
    'session',
    ':',
    ' ',
    '\n',
    '  ',
    '- ',
    '${X}',
    '${',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '<<',
    '|',
    '\t',
    '1',
    'true',
    'é',
    '---',
    '#',
    '!!x',
    '?',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      const loaded = parseConfigText(yaml, {});
      if (!('problems' in loaded)) return;
      const lines = yaml.split(/\n/).length + 1;
      for (const { line, message } of loaded.problems) {
        expect(message).not.toBe('');
        expect(line).toBeLessThanOrEqual(lines);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('property: a misspelt key is refused at its own line wherever it stands, and the right one suggested', () => {
  const places = [
    ['session', 'timeout'],
    ['proxy', 'trusted_proxies'],
    ['storage', 'redaction', 'redact_private_ips'],
    ['control', 'allowed_hosts'],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.nat(), fc.nat(5), (path, position, blankLines) => {
      const key = path.at(-1) ?? '';
      const at = position % (key.length - 1);
      const typo = key.slice(0, at) + key.slice(at + 1);
      fc.pre(typo !== key);
      const nested = path.slice(0, -1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), { [typo]: 1 });
      const [problem] = problems('\n'.repeat(blankLines) + stringify(nested));
      expect(problem).toMatch(
        new RegExp(`^${blankLines + path.length}:\\d+ ${[...path.slice(0, -1), typo].join('\\.')}: `),
      );
      expect(problem).toContain(`did you mean ${key}?`);
    }),
  );
});
