/** Credentials that begin with a mark of their own: sk-…, ELIDA keys, Bearer, JWT, AWS. */
import type { Detector } from '../span.ts';
import { isAlphanumeric, isDigit, isKeyCharacter, isWord, runEnd, startsWord } from './characters.ts';

/** An abbreviated example (`sk-abc123...`) goes as a whole. */
const withEllipsis = (text: string, end: number): number => (text.startsWith('...', end) ? end + 3 : end);

function hasDigit(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (isDigit(text.charCodeAt(index))) return true;
  return false;
}

function findPrefixed(
  text: string,
  prefix: string,
  accepts: (code: number) => boolean,
  take: (start: number, bodyStart: number, bodyEnd: number) => void,
): void {
  for (let at = text.indexOf(prefix); at >= 0; ) {
    const bodyStart = at + prefix.length;
    // Inside a word (`task-12`) it is no prefix; the run behind it is read only once, so that the pass stays linear.
    const bodyEnd = startsWord(text, at) ? runEnd(text, bodyStart, accepts) : bodyStart;
    if (bodyEnd > bodyStart) take(at, bodyStart, bodyEnd);
    at = text.indexOf(prefix, bodyEnd);
  }
}

const API_KEY = '[REDACTED_API_KEY]';

/** `sk-` (OpenAI, Anthropic, many others): from six characters with a digit on, so that `sk-learn` stays. */
export const findApiKeys: Detector = (text, found) => {
  findPrefixed(text, 'sk-', isKeyCharacter, (start, from, end) => {
    if (end - from >= 6 && hasDigit(text, from, end)) {
      found.push({ start, end: withEllipsis(text, end), replacement: API_KEY });
    }
  });
  findPrefixed(text, 'elida_', isKeyCharacter, (start, from, end) => {
    if (end - from >= 16) found.push({ start, end, replacement: API_KEY });
  });
};

/** AWS access key ids: AKIA (long-lived) or ASIA (session), and sixteen capitals or digits. */
export const findAwsKeys: Detector = (text, found) => {
  for (const prefix of ['AKIA', 'ASIA']) {
    findPrefixed(text, prefix, isAlphanumeric, (start, from, end) => {
      if (end - from === 16 && /^[A-Z0-9]+$/.test(text.slice(from, end)) && !isWord(text.charCodeAt(end)))
        found.push({ start, end, replacement: '[REDACTED_AWS_KEY]' });
    });
  }
};

/** base64url parts joined by dots; `eyJ` is `{"` in base64. */
export const findJwts: Detector = (text, found) => {
  findPrefixed(
    text,
    'eyJ',
    (code) => isKeyCharacter(code) || code === 46,
    (start, from, end) => {
      if (end - from >= 3) found.push({ start, end, replacement: '[REDACTED_JWT]' });
    },
  );
};

// RFC 6750 token68
const isToken = (code: number): boolean =>
  isKeyCharacter(code) || code === 46 || code === 126 || code === 43 || code === 47 || code === 61;

const BEARER = /bearer[ \t]/gi;

/** A short word behind it (`bearer of bad news`) is no token. */
function isTokenLike(text: string, start: number, end: number): boolean {
  if (end - start >= 16 || text.startsWith('eyJ', start)) return true;
  return end - start >= 6 && hasDigit(text, start, end);
}

export const findBearerTokens: Detector = (text, found) => {
  BEARER.lastIndex = 0;
  for (let match = BEARER.exec(text); match !== null; match = BEARER.exec(text)) {
    const from = runEnd(text, BEARER.lastIndex, (code) => code === 32 || code === 9);
    const end = runEnd(text, from, isToken);
    BEARER.lastIndex = Math.max(end, BEARER.lastIndex);
    if (!startsWord(text, match.index) || !isTokenLike(text, from, end)) continue;
    found.push({ start: match.index, end, replacement: 'Bearer [REDACTED_TOKEN]' });
  }
};
