/** Keys of JSON objects whose value is a secret whatever it looks like. */

const PASSWORD = /(?:password|passwd|pwd|passphrase)$/;
const SECRET =
  /(?:secret|secretkey|privatekey|apikey|accesskey|accesstoken|refreshtoken|authtoken|idtoken|bearertoken|sessiontoken|securitytoken|apitoken|signingkey|encryptionkey|connectionstring|credentials?|passcode|clientassertion)$/;
const WHOLE = /^(?:xapikey|authorization|proxyauthorization|cookie|setcookie|xgoogapikey|xauthtoken|ssn|cvv|cvc|pin)$/;

const DONE = /^(?:Bearer )?\[REDACTED_[A-Z_]+\]$/;

export type SecretKind = 'password' | 'secret';

/** `client_secret`, `clientSecret` and `Client-Secret` are one name. */
export function secretKindOf(key: string): SecretKind | null {
  if (key.length > 64) return null;
  const name = key.toLowerCase().replace(/[-_ ]/g, '');
  if (PASSWORD.test(name)) return 'password';
  return SECRET.test(name) || WHOLE.test(name) ? 'secret' : null;
}

/** @param redacted the value after the patterns; kept where they replaced all of it. */
export function secretValue(kind: SecretKind, redacted: string): string {
  if (redacted === '') return '';
  if (kind === 'password') return '[REDACTED_PASSWORD]';
  return DONE.test(redacted) ? redacted : '[REDACTED_SECRET]';
}
