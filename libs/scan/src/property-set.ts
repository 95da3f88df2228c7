/** `\p{…}` as a set. The platform knows Unicode; it is asked once per property, when a pattern is read, never on traffic. */
import { type CharSet, CODE_POINT_MAX } from './char-set.ts';

const known = new Map<string, CharSet>();

export function propertySet(key: string, value: string | null): CharSet {
  const name = value === null ? key : `${key}=${value}`;
  const found = known.get(name);
  if (found) return found;
  const member = new RegExp(`^\\p{${name}}$`, 'u');
  const set: number[] = [];
  for (let point = 0; point <= CODE_POINT_MAX; point++) {
    if (!member.test(String.fromCodePoint(point))) continue;
    if (set.at(-1) === point - 1) set[set.length - 1] = point;
    else set.push(point, point);
  }
  known.set(name, set);
  return set;
}
