/** Whether JSON in a string says a key twice: it has more colons then than its value has keys. */
import { BACKSLASH, COLON, JSON_DEPTH_MAX, QUOTE } from './scan.ts';

/** Outside of strings: one a key. @param json what `JSON.parse` takes. */
export function colonsIn(json: string): number {
  let colons = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === COLON) colons++;
    else if (code === QUOTE) {
      for (index++; index < json.length; index++) {
        const inside = json.charCodeAt(index);
        if (inside === BACKSLASH) index++;
        else if (inside === QUOTE) break;
      }
    }
  }
  return colons;
}

/** In objects at any depth; what nests deeper than `JSON_DEPTH_MAX` is not counted. */
export function keysIn(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > JSON_DEPTH_MAX) return 0;
  let keys = 0;
  if (Array.isArray(value)) for (const entry of value) keys += keysIn(entry, depth + 1);
  else
    for (const key of Object.keys(value))
      keys += 1 + keysIn((value as Readonly<Record<string, unknown>>)[key], depth + 1);
  return keys;
}
