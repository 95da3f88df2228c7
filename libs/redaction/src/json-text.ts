/**
 * Redacts the strings of a JSON text and nothing else: numbers, key order, duplicates and white space stay as they are.
 * Lexical: one pass, no tree.
 */
import { isBlank, skipBlank, stringEnd } from './json-syntax.ts';
import { type SecretKind, secretKindOf, secretValue } from './secret-keys.ts';

const QUOTE = 34;
const COLON = 58;
const OPEN_LIST = 91;
const COMMA = 44;

/** @param token with its quotes. @returns what goes in its place, with quotes. */
function redactToken(token: string, redact: (value: string) => string, secret: SecretKind | null): string {
  const value = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
  const redacted = redact(value);
  const final = secret === null ? redacted : secretValue(secret, redacted);
  return final === value ? token : JSON.stringify(final);
}

/** @param text valid JSON. */
export function redactJsonText(text: string, redact: (value: string) => string): string {
  let out = '';
  let done = 0;
  let secret: SecretKind | null = null;
  let inSecretList = false;
  for (let index = 0; index < text.length; ) {
    const code = text.charCodeAt(index);
    if (code !== QUOTE) {
      if (code === OPEN_LIST && secret !== null) inSecretList = true;
      else if (code !== COMMA && !isBlank(code)) {
        secret = null;
        inSecretList = false;
      }
      index++;
      continue;
    }
    const end = stringEnd(text, index);
    const token = text.slice(index, end);
    const next = skipBlank(text, end);
    const isKey = text.charCodeAt(next) === COLON;
    const redacted = redactToken(token, redact, isKey ? null : secret);
    if (redacted !== token) {
      out += text.slice(done, index) + redacted;
      done = end;
    }
    if (isKey) {
      secret = secretKindOf(token.slice(1, -1));
      inSecretList = false;
      index = next + 1;
    } else {
      if (!inSecretList) secret = null;
      index = end;
    }
  }
  return out + text.slice(done);
}
