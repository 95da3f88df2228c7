import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editStrings } from './edit-strings.ts';
import { eachLeaf } from './leaves.ts';
import { type JsonPath, skipString } from './scan.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array | null): string | null => (data === null ? null : new TextDecoder().decode(data));
const edit = (json: string, path: JsonPath, to: string, inner: JsonPath | null = null) =>
  text(editStrings(bytes(json), [{ path, inner, text: to }]));

describe('a string is changed in place', () => {
  it('all other bytes stay: spaces, order, number forms, escapes, invalid UTF-8', () => {
    const json = ' {\n"b" : 1.50e2, "a":[ "\\u0041\\/x" ,{"t" :"old"}], "b2":"\\ud83d" }\r\n';
    expect(edit(json, ['a', 1, 't'], 'new "quoted"\n')).toBe(json.replace('"old"', '"new \\"quoted\\"\\n"'));
    const torn = new Uint8Array([...bytes('{"x":"'), 0xff, 0xc3, ...bytes('","y":"old"}')]);
    expect(editStrings(torn, [{ path: ['y'], inner: null, text: 'n' }])).toEqual(
      new Uint8Array([...bytes('{"x":"'), 0xff, 0xc3, ...bytes('","y":"n"}')]),
    );
  });

  it('nothing to change gives the same bytes, also where the text is what it was', () => {
    const data = bytes('{"a":"\\u0041"}');
    expect(editStrings(data, [])).toBe(data);
    expect(editStrings(data, [{ path: ['a'], inner: null, text: 'A' }])).toBe(data);
  });

  it('in JSON in a string, whose own bytes stay too', () => {
    const json = '{"arguments":"{ \\"cmd\\":\\"rm\\", \\"n\\":[1.0,\\"x\\"] }"}';
    expect(edit(json, ['arguments'], 'gone', ['n', 1])).toBe(
      '{"arguments":"{ \\"cmd\\":\\"rm\\", \\"n\\":[1.0,\\"gone\\"] }"}',
    );
  });

  it('behind keys that are written with escapes, and the document itself', () => {
    expect(edit('{"\\u0061":"x"}', ['a'], 'y')).toBe('{"\\u0061":"y"}');
    expect(edit('"x"', [], 'y')).toBe('"y"');
    expect(edit('\ufeff{"a":"x"}', ['a'], 'y')).toBe(new TextDecoder().decode(bytes('\ufeff{"a":"y"}')));
  });

  it('both, where a key comes twice: either may be read', () => {
    expect(edit('{"a":"x","a":"y"}', ['a'], 'z')).toBe('{"a":"z","a":"z"}');
  });

  it.each([
    ['{"a":1}', ['a']],
    ['{"a":"x"}', ['b']],
    ['{"a":["x"]}', ['a', 1]],
    ['{"a":"x"', ['a']],
    ['{"a" "x"}', ['a']],
    ['{"a":"\\q"}', ['a']],
    ['', []],
  ] as const)('it is refused where it cannot be done: %s %j', (json, path) => {
    expect(edit(json, path, 'y')).toBeNull();
  });

  it('it is refused where the string holds no such JSON', () => {
    expect(edit('{"a":"no json"}', ['a'], 'y', ['b'])).toBeNull();
  });
});

describe('whatever the document', () => {
  it('an edit parses back to what was asked, and changes nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), fc.string({ unit: 'binary' }), fc.nat(99), (value, indent, to, pick) => {
        const json = JSON.stringify(value, null, indent);
        const paths: JsonPath[] = [];
        eachLeaf(value, 'nothing', (_, path) => paths.push(path));
        if (paths.length === 0) return;
        const path = paths[pick % paths.length] ?? [];
        const edited = edit(json, path, to) ?? '';
        const expected = structuredClone({ root: value as unknown });
        let holder = expected as unknown as Record<string | number, unknown>;
        const full = ['root', ...path];
        for (const key of full.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
        // A lone surrogate cannot be sent as it is; it is escaped and comes back.
        Object.defineProperty(holder, full.at(-1) ?? '', { value: to, enumerable: true, configurable: true });
        expect(JSON.stringify(JSON.parse(edited))).toBe(JSON.stringify(expected.root));
      }),
      { numRuns: 300 },
    );
  });

  it('junk is refused or edited, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\a1 \n') }), (json) => {
        const data = bytes(json);
        const edited = editStrings(data, [{ path: ['a'], inner: null, text: 'x' }]);
        if (edited === null) expect(editStrings(data, [])).toBe(data);
      }),
      { numRuns: 1_000 },
    );
  });
});

it('a string ends at its first quote that is not escaped, however long it is and whatever stands before it', () => {
  const piece = fc.constantFrom(
    'x',
    '\\\\',
    '\\"',
    '\\n',
    'é',
    'a longer piece without any of them, to be skipped at once',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.nat(3), (pieces, before) => {
      const literal = bytes(`"${pieces.join('')}"`);
      const json = new Uint8Array([...bytes(' '.repeat(before)), ...literal, ...bytes(' "')]);
      expect(skipString(json, before)).toBe(before + literal.length);
      expect(skipString(json.subarray(0, before + literal.length - 1), before)).toBe(-1);
    }),
    { numRuns: 1_000 },
  );
});
