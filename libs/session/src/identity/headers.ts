/** Headers as Node gives them: lower-case names, lists joined or as arrays. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

/** ELIDA's own: for the edge alone, never for a provider. `x-cylestio-*` and `x-aegis-*` are the seeds' names for them. */
export const OWN_HEADER_PREFIXES: readonly string[] = ['x-elida-', 'x-cylestio-', 'x-aegis-'];
export const OWN_HEADERS: readonly string[] = ['x-backend'];

/** @param name in lower case. */
export const isOwnHeader = (name: string): boolean =>
  name.startsWith('x-') &&
  (OWN_HEADERS.includes(name) || OWN_HEADER_PREFIXES.some((prefix) => name.startsWith(prefix)));
