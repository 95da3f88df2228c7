/** All strings of a value, for shapes that we do not know. */
import { JSON_DEPTH_MAX, type JsonPath } from './scan.ts';

/** Names and ciphertext: nobody reads them as language, and base64 by the megabyte is not scanned. */
const OPAQUE: ReadonlySet<string> = new Set([
  'type',
  'id',
  'object',
  'signature',
  'encrypted_content',
  'thoughtSignature',
  'b64_json',
  'embedding',
]);

/** @param visit path of the leaf below `value`, as an array of its own. Keys are not leaves. */
export function eachLeaf(value: unknown, visit: (text: string, path: JsonPath) => void): void {
  descend(value, [], visit);
}

function descend(value: unknown, path: (string | number)[], visit: (text: string, path: JsonPath) => void): void {
  if (typeof value === 'string') {
    if (value !== '') visit(value, path.slice());
    return;
  }
  if (typeof value !== 'object' || value === null || path.length >= JSON_DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (typeof value[index] === 'number') continue;
      path.push(index);
      descend(value[index], path, visit);
      path.pop();
    }
    return;
  }
  for (const key of Object.keys(value)) {
    if (OPAQUE.has(key)) continue;
    path.push(key);
    descend((value as Readonly<Record<string, unknown>>)[key], path, visit);
    path.pop();
  }
}
