/** Keys of JSON objects whose value is a secret whatever it looks like, or where it was drawn. */
import { looksRandom } from './detectors/assigned-secrets.ts';

const PASSWORD = /(?:password|passwd|pwd|passphrase)$/;
const SECRET =
  /(?:secret|secretkey|privatekey|apikey|accesskey|accesstoken|refreshtoken|authtoken|idtoken|bearertoken|sessiontoken|securitytoken|apitoken|signingkey|encryptionkey|connectionstring|credentials?|passcode|clientassertion)$/;
const WHOLE = /^(?:xapikey|authorization|proxyauthorization|cookie|setcookie|xgoogapikey|xauthtoken|ssn|cvv|cvc|pin)$/;

/** Names that may be of a secret: `vendor_token`, `hf_key`; not those of places in a list or of a cache. */
const MAYBE = /.(?:key|token|secret|auth|credential)s?$/;
const NO_SECRET = /idempotency|cache|public|sort|primary|foreign|partition|page|cursor|continuation|next|csrf/;
const DRAWN_CHARS_MIN = 16;
const DRAWN_CHARS_MAX = 512;

const DONE = /^(?:Bearer )?\[REDACTED_[A-Z_]+\]$/;

/** `drawn`: only where the value does not look written. */
export type SecretKind = 'password' | 'secret' | 'drawn';

/** `client_secret`, `clientSecret` and `Client-Secret` are one name. */
export function secretKindOf(key: string): SecretKind | null {
  if (key.length > 64) return null;
  const name = key.toLowerCase().replace(/[-_ ]/g, '');
  if (PASSWORD.test(name)) return 'password';
  if (SECRET.test(name) || WHOLE.test(name)) return 'secret';
  return MAYBE.test(name) && !NO_SECRET.test(name) ? 'drawn' : null;
}

/** @param redacted the value after the patterns; kept where they replaced all of it. */
export function secretValue(kind: SecretKind, redacted: string): string {
  if (redacted === '') return '';
  if (kind === 'password') return '[REDACTED_PASSWORD]';
  if (kind === 'drawn' && !isDrawn(redacted)) return redacted;
  return DONE.test(redacted) ? redacted : '[REDACTED_SECRET]';
}

const isDrawn = (value: string): boolean =>
  value.length >= DRAWN_CHARS_MIN &&
  value.length <= DRAWN_CHARS_MAX &&
  /^[\w+/=.~-]+$/.test(value) &&
  looksRandom(value);
