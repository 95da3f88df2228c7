/** JSON text that PostgreSQL takes: jsonb has no U+0000 and no lone surrogates, JavaScript strings do. */

const SUSPECT = /\\u(0000|d[89a-f])/;

const clean = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd');

function cleanAll(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleanAll);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), cleanAll(inner)]));
}

/** Such characters become U+FFFD; an event's exact bytes are in its leaf. */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value);
  return SUSPECT.test(text) ? JSON.stringify(cleanAll(value)) : text;
}
