/** Reading requests of any shape: a wrong type is the same as nothing. */
export type Json = Readonly<Record<string, unknown>>;

export const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const records = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(record) : []);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Text of a content value: a string, or parts with a `text`. */
export const contentText = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : records(content)
        .map((part) => text(part.text))
        .filter(Boolean)
        .join('\n');
