/** Secrets with a form around them: PEM blocks, credentials in URLs, webhooks, connection strings. */
import type { Detector } from '../span.ts';
import { isAlphanumeric, isKeyCharacter, runEnd, startsWord } from './characters.ts';

const BEGIN = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
/** Long enough for a key of 16,384 bits; a block whose end is not there (text that was cut off) is taken this far. */
const BLOCK_CHARS_MAX = 20_000;
// Base64, headers of encrypted keys, escaped or real line ends: what may stand within a block.
const BLOCK = /[A-Za-z0-9+/=\s\\:,.()@_-]*/y;

/** Whole blocks: the first line alone tells nothing, the rest everything. */
export const findPrivateKeys: Detector = (text, found) => {
  BEGIN.lastIndex = 0;
  for (let match = BEGIN.exec(text); match !== null; match = BEGIN.exec(text)) {
    const from = BEGIN.lastIndex;
    const close = text
      .slice(from, from + BLOCK_CHARS_MAX)
      .search(/-----END [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----/);
    const end = close < 0 ? cutBlockEnd(text, from) : text.indexOf('-----', from + close + 5) + 5;
    if (end > from) found.push({ start: match.index, end, replacement: '[REDACTED_PRIVATE_KEY]' });
    BEGIN.lastIndex = Math.max(end, from);
  }
};

function cutBlockEnd(text: string, from: number): number {
  BLOCK.lastIndex = from;
  BLOCK.test(text);
  return Math.min(BLOCK.lastIndex, from + BLOCK_CHARS_MAX);
}

const isBlank = (code: number): boolean =>
  code <= 32 || code === 34 || code === 39 || code === 60 || code === 62 || code === 92 || code === 96;
const isHost = (code: number): boolean => isKeyCharacter(code) || code === 46;
const USER_INFO_CHARS_MAX = 512;

/** `scheme://user:password@host`: the host stays, so that the record says with whom. */
export const findUrlCredentials: Detector = (text, found) => {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const max = Math.min(text.length, start + USER_INFO_CHARS_MAX);
    const stop = runEnd(text, start, (code) => code !== 47 && code !== 63 && code !== 35 && !isBlank(code), max);
    const authority = text.slice(start, stop);
    const sign = authority.lastIndexOf('@');
    const colon = authority.indexOf(':');
    if (colon < 0 || sign < colon + 2) continue;
    // What was replaced before, and what stands where a password will be.
    if (authority.includes('[REDACTED_') || /^[^@]*:(?:\$\{|\{\{|<|%s|\*+@)/.test(authority)) continue;
    const end = runEnd(text, start + sign + 1, isHost, stop);
    found.push({ start, end, replacement: `[REDACTED_CREDENTIALS]${text.slice(start + sign, end)}` });
  }
};

interface Marked {
  readonly mark: string;
  readonly body: RegExp;
  readonly replacement: string;
  /** The mark itself stays. */
  readonly keepsMark?: boolean;
}

const MARKED: readonly Marked[] = [
  {
    mark: 'hooks.slack.com/',
    body: /(?:services|workflows|triggers)\/[\w+/-]{20,200}/y,
    replacement: '[REDACTED_SLACK_WEBHOOK]',
  },
  { mark: 'discord.com/api/webhooks/', body: /\d{17,20}\/[\w-]{60,72}/y, replacement: '[REDACTED_DISCORD_WEBHOOK]' },
  { mark: '.webhook.office.com/', body: /webhookb2\/[\w@/-]{40,300}/y, replacement: '[REDACTED_TEAMS_WEBHOOK]' },
  { mark: 'AccountKey=', body: /[A-Za-z0-9+/]{40,88}={0,2}/y, replacement: '[REDACTED_AZURE_KEY]', keepsMark: true },
  {
    mark: 'SharedAccessKey=',
    body: /[A-Za-z0-9+/]{40,88}={0,2}/y,
    replacement: '[REDACTED_AZURE_KEY]',
    keepsMark: true,
  },
  { mark: 'sig=', body: /[A-Za-z0-9%+/]{40,70}(?:%3[dD]|=)/y, replacement: '[REDACTED_SIGNATURE]', keepsMark: true },
  { mark: 'X-Amz-Signature=', body: /[0-9a-f]{64}/y, replacement: '[REDACTED_SIGNATURE]', keepsMark: true },
  { mark: 'ya29.', body: /[\w-]{20,512}/y, replacement: '[REDACTED_GOOGLE_TOKEN]' },
  { mark: '1//0', body: /[\w-]{35,128}/y, replacement: '[REDACTED_GOOGLE_TOKEN]' },
  { mark: '.atlasv1.', body: /[\w=-]{60,70}/y, replacement: '[REDACTED_TERRAFORM_TOKEN]' },
];

export const findMarkedSecrets: Detector = (text, found) => {
  for (const { mark, body, replacement, keepsMark } of MARKED) {
    for (let at = text.indexOf(mark); at >= 0; ) {
      body.lastIndex = at + mark.length;
      const isSecret = body.test(text);
      const end = isSecret ? body.lastIndex : at + mark.length;
      if (isSecret) found.push({ start: keepsMark ? at + mark.length : at, end, replacement });
      at = text.indexOf(mark, end);
    }
  }
};

// Azure AD: three characters, a digit, `Q~`, 31 to 34 more. Azure AI keys carry a mark behind 52 characters.
const AZURE_SECRET = /[\w~.-]{31,34}/y;
const AZURE_AI = /JQQJ99[A-Za-z0-9]{26}/y;

export const findAzureKeys: Detector = (text, found) => {
  for (let at = text.indexOf('Q~'); at >= 4; at = text.indexOf('Q~', at + 2)) {
    AZURE_SECRET.lastIndex = at + 2;
    const head = text.slice(at - 4, at);
    if (!/^[\w.~-]{3}\d$/.test(head) || !startsWord(text, at - 4) || !AZURE_SECRET.test(text)) continue;
    found.push({ start: at - 4, end: AZURE_SECRET.lastIndex, replacement: '[REDACTED_AZURE_SECRET]' });
  }
  for (let at = text.indexOf('JQQJ99'); at >= 52; at = text.indexOf('JQQJ99', at + 6)) {
    AZURE_AI.lastIndex = at;
    let start = at;
    while (start > at - 52 && isAlphanumeric(text.charCodeAt(start - 1))) start--;
    if (start !== at - 52 || !AZURE_AI.test(text)) continue;
    found.push({ start, end: AZURE_AI.lastIndex, replacement: '[REDACTED_AZURE_KEY]' });
  }
};

const BASIC = /\bbasic[ \t]{1,4}(?=[A-Za-z0-9+/])/gi;
const isBase64 = (code: number): boolean => isAlphanumeric(code) || code === 43 || code === 47 || code === 61;
const BASIC_CHARS_MAX = 1_024;

/** RFC 7617: base64 of `user:password`. */
export const findBasicAuth: Detector = (text, found) => {
  BASIC.lastIndex = 0;
  for (let match = BASIC.exec(text); match !== null; match = BASIC.exec(text)) {
    const start = BASIC.lastIndex;
    const end = runEnd(text, start, isBase64, Math.min(text.length, start + BASIC_CHARS_MAX));
    BASIC.lastIndex = end;
    const decoded = Buffer.from(text.slice(start, end), 'base64').toString('latin1');
    if (end - start < 8 || !decoded.includes(':')) continue;
    found.push({ start, end, replacement: '[REDACTED_CREDENTIALS]' });
  }
};

/** Looked through as a whole, then left behind: a text full of commands is still read once. */
const COMMAND_CHARS_MAX = 1_024;
const USER_FLAG = /[\s](?:-u|--user)[ =]{1,4}(["']?)([^\s"'$<{[:]{0,128}["']?:["']?[^\s"'$<{[:][^\s"']{2,127})/g;

/** `curl -u user:password`; what a variable or a placeholder stands for is none. */
export const findCommandCredentials: Detector = (text, found) => {
  for (let at = text.indexOf('curl '); at >= 0; ) {
    const stop = at + COMMAND_CHARS_MAX;
    for (const { index, 0: whole, 2: pair = '' } of text.slice(at, stop).matchAll(USER_FLAG)) {
      const start = at + index + whole.length - pair.length;
      found.push({ start, end: start + pair.length, replacement: '[REDACTED_CREDENTIALS]' });
    }
    at = text.indexOf('curl ', stop);
  }
};
