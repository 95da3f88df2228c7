/** All strings of a value, for shapes that we do not know. */
import { words } from '../tolerant.ts';
import { JSON_DEPTH_MAX, type JsonPath } from './scan.ts';

/** Base64 by the megabyte. */
const CIPHERS: ReadonlySet<string> = words(
  'signature encrypted_content encrypted_index encrypted_stdout thoughtSignature b64_json embedding audio',
);
const NAMES: ReadonlySet<string> = words('type id object');

/** What is skipped says nothing: a sentence has spaces, or letters of other scripts. */
const isToken = (text: string): boolean => /^[!-~]*$/.test(text);

/** A picture, sound or file that stands in the JSON itself. */
export const isInlineData = (text: string): boolean =>
  text.startsWith('data:') && /^data:[\w.+/-]{0,100}(;[\w.+/=-]{1,100}){0,4};base64,/.test(text) && isToken(text);

/**
 * Keys are not leaves.
 *
 * @param skip `ciphers`: signatures, inline data and the like, where they are ASCII without a space; `names`: ids and types, too;
 *   `nothing`: what a tool is given, where every field is the model's.
 * @param visit path of the leaf below `value`, as an array of its own.
 */
export function eachLeaf(
  value: unknown,
  skip: 'nothing' | 'ciphers' | 'names',
  visit: (text: string, path: JsonPath) => void,
): void {
  const path: (string | number)[] = [];
  const descend = (at: unknown): void => {
    if (typeof at === 'string') {
      if (at !== '' && (skip === 'nothing' || !isInlineData(at))) visit(at, path.slice());
    } else if (Array.isArray(at)) {
      if (path.length < JSON_DEPTH_MAX) for (let index = 0; index < at.length; index++) enter(at[index], index);
    } else if (typeof at === 'object' && at !== null && path.length < JSON_DEPTH_MAX) {
      for (const key of Object.keys(at)) {
        const below = (at as Readonly<Record<string, unknown>>)[key];
        const isSkipped = skip !== 'nothing' && (CIPHERS.has(key) || (skip === 'names' && NAMES.has(key)));
        if (!isSkipped || typeof below !== 'string' || !isToken(below)) enter(below, key);
      }
    }
  };
  const enter = (below: unknown, key: string | number): void => {
    if (typeof below !== 'string' && (typeof below !== 'object' || below === null)) return;
    path.push(key);
    descend(below);
    path.pop();
  };
  descend(value);
}
