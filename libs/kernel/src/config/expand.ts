/** `${VAR}` and `${VAR:-default}` inside strings; `$${` stands for `${`. An empty variable counts as missing. */
import type { Environment } from './environment.ts';

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

export interface Expansion {
  readonly text: string;
  /** In the order of the text. */
  readonly problems: readonly string[];
}

export function expandVariables(text: string, environment: Environment): Expansion {
  const problems: string[] = [];
  const expanded = text.replace(REFERENCE, (whole, inside: string | undefined, close: string | undefined) => {
    if (inside === undefined) return '${';
    const match = close ? NAME.exec(inside) : null;
    if (!match) {
      problems.push('a variable looks like ${NAME} or ${NAME:-default}; write $${ for the characters themselves');
      return whole;
    }
    const [, name = '', fallback] = match;
    const value = environment[name] || fallback;
    if (value === undefined) problems.push(`the environment variable ${name} is not set`);
    return value ?? '';
  });
  return { text: expanded, problems };
}
