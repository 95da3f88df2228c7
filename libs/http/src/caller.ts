/** Who stands at the door. */
export interface Caller {
  readonly principal: string;
  /** A slug, or `*`: not confined to one. */
  readonly tenant: string;
  readonly roles: readonly string[];
  /** `key`: a credential; `local`: loopback without one; `open`: all are let in; `nobody`: a public route. */
  readonly how: 'key' | 'local' | 'open' | 'nobody';
}

export const NOBODY: Caller = { principal: '', tenant: '', roles: [], how: 'nobody' };

/** What the door knows of a request before its body is read. Headers in lower case. */
export interface Knock {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Address of the direct peer. */
  readonly address: string;
}

export const headerOf = (knock: Pick<Knock, 'headers'>, name: string): string | undefined => {
  const value = knock.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/**
 * The credential as clients send it: `x-elida-api-key`, `Authorization: Bearer …`, and, as the seeds allow, the bare
 * key in `Authorization` or in `x-api-key`. Empty: none was sent.
 */
export function presentedKey(knock: Pick<Knock, 'headers'>): string {
  const own = headerOf(knock, 'x-elida-api-key');
  if (own) return own.trim();
  const authorization = headerOf(knock, 'authorization');
  if (authorization) return authorization.replace(/^bearer\s+/i, '').trim();
  return headerOf(knock, 'x-api-key')?.trim() ?? '';
}
