/** Globs of model names: `*` is any run of characters, `/` included. Linear in the name, whatever the pattern. */
export interface Glob {
  readonly pattern: string;
  /** Literal characters; a pattern without `*` beats all with one. */
  readonly specificity: number;
  matches(name: string): boolean;
}

/** No model's name is longer; a longer one fits nothing. */
const NAME_CHARS_MAX = 256;

export function compileGlob(pattern: string): Glob {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  const literals = pattern.length - (parts.length - 1);
  if (parts.length === 1) {
    return { pattern, specificity: Number.MAX_SAFE_INTEGER, matches: (name) => name === pattern };
  }
  const middle = parts.slice(1, -1);
  return {
    pattern,
    specificity: literals,
    matches(name) {
      if (name.length > NAME_CHARS_MAX || name.length < first.length + last.length) return false;
      if (!name.startsWith(first) || !name.endsWith(last)) return false;
      let at = first.length;
      const end = name.length - last.length;
      for (const part of middle) {
        const found = name.indexOf(part, at);
        if (found < 0 || found + part.length > end) return false;
        at = found + part.length;
      }
      return at <= end;
    },
  };
}
