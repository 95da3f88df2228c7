/** Reading what a caller wrote: a wrong type is the same as nothing. */
export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = Object.freeze({});

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fields = (value: unknown): Fields => (isFields(value) ? value : NOTHING);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The entries of a list as objects; nothing where it is no list. */
export function eachOf(value: unknown, visit: (entry: Fields, index: number) => void): void {
  for (const [index, entry] of list(value).entries()) visit(fields(entry), index);
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Names, separated by spaces. */
export const words = (...lines: readonly string[]): ReadonlySet<string> => new Set(lines.join(' ').split(' '));

/** A count of tokens or replies: a whole number that is not negative; null for anything else. */
export const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** Own string values only, at most 64 of them. `__proto__` cannot get in: the result has no prototype. */
export function strings(value: unknown): Readonly<Record<string, string>> {
  const out: Record<string, string> = Object.create(null);
  let count = 0;
  for (const [key, item] of Object.entries(fields(value))) {
    if (typeof item !== 'string' || count === 64) continue;
    out[key] = item;
    count++;
  }
  return out;
}

/** The agent's fingerprint needs the beginning of its system prompt, not all of it. */
export const SYSTEM_CHARS_MAX = 4_096;

/** Text of a content value: a string, or parts that have a `text`. Stops when it has enough. */
export function contentText(content: unknown, keep: (part: string) => boolean = () => true): string {
  if (typeof content === 'string') return keep(content) ? content.slice(0, SYSTEM_CHARS_MAX) : '';
  let out = '';
  for (const part of list(content)) {
    const piece = text(fields(part).text);
    if (keep(piece)) out += piece.slice(0, SYSTEM_CHARS_MAX - out.length);
    if (out.length >= SYSTEM_CHARS_MAX) break;
  }
  return out;
}

/** Text of the leading system or developer entries of a conversation. */
export function leadingSystemText(entries: unknown): string {
  let out = '';
  for (const entry of list(entries)) {
    const { role, content } = fields(entry);
    if (role === undefined && out === '') continue;
    if (role !== 'system' && role !== 'developer') break;
    out += contentText(content);
    if (out.length >= SYSTEM_CHARS_MAX) break;
  }
  return out.slice(0, SYSTEM_CHARS_MAX);
}
