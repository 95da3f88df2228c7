/** Numbers of people and devices that can be checked: IBAN, IPv6, MAC, telephone numbers with a country's code. */
import type { Detector } from '../span.ts';
import { isAlphanumeric, isDigit, isWord, runEnd, startsWord } from './characters.ts';

/** Characters of an IBAN by country (SWIFT's registry). */
const IBAN_CHARS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 ' +
    'LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 ' +
    'SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** ISO 7064 MOD 97-10, with the first four characters behind the others. */
function isIban(iban: string): boolean {
  let rest = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const IBAN_START = /[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;

/** Letters of either case; a blank or dash between characters, as it is printed. */
export const findIbans: Detector = (text, found) => {
  IBAN_START.lastIndex = 0;
  for (let match = IBAN_START.exec(text); match !== null; match = IBAN_START.exec(text)) {
    const start = match.index;
    const length = IBAN_CHARS[match[0].slice(0, 2).toUpperCase()];
    if (length === undefined || !startsWord(text, start)) continue;
    let iban = match[0];
    let at = IBAN_START.lastIndex;
    while (iban.length < length) {
      const code = text.charCodeAt(at);
      const isJoint = code === 32 || code === 45;
      const next = isJoint ? at + 1 : at;
      if (!isAlphanumeric(text.charCodeAt(next))) break;
      iban += text.charAt(next);
      at = next + 1;
    }
    if (iban.length !== length || isWord(text.charCodeAt(at)) || !isIban(iban)) continue;
    found.push({ start, end: at, replacement: '[REDACTED_IBAN]' });
    IBAN_START.lastIndex = at;
  }
};

const isHex = (code: number): boolean => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
const isAddress = (code: number): boolean => isHex(code) || code === 58 || code === 46;

const PRIVATE_V6 = /^(?:::1|fe[89ab][0-9a-f]:|f[cd][0-9a-f]{2}:)/i;
/** 39 characters and an IPv4 part at most. */
const V6_CHARS_MAX = 46;

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

/** RFC 4291 §2.2. With `::` only where there is a digit: `std::abc` and the like are code. */
function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0 || (tail !== undefined && !/\d/.test(text))) return false;
  const groups = [...head.split(':'), ...(tail ?? '').split(':')].filter((group) => group !== '');
  const last = groups.at(-1) ?? '';
  const isMixed = IPV4.test(last);
  const count = groups.length + (isMixed ? 1 : 0);
  if (tail === undefined ? count !== 8 : count > 7 || count < 1) return false;
  if (tail === undefined && (head.startsWith(':') || head.endsWith(':'))) return false;
  return groups.every((group, at) => (isMixed && at === groups.length - 1) || /^[0-9a-f]{1,4}$/i.test(group));
}

export const findAddresses =
  (keepPrivate: boolean): Detector =>
  (text, found) => {
    for (let colon = text.indexOf(':'); colon >= 0; ) {
      let start = colon;
      while (start > 0 && colon - start < 4 && isHex(text.charCodeAt(start - 1))) start--;
      const end = runEnd(text, colon, isAddress, Math.min(text.length, start + V6_CHARS_MAX));
      colon = text.indexOf(':', Math.max(end, colon + 1));
      if (end - start < 3 || isWord(text.charCodeAt(end)) || !startsWord(text, start)) continue;
      const address = text.slice(start, end).replace(/[.:]$/, (last) => (text.charAt(end - 2) === ':' ? last : ''));
      if (isIpv6(address)) {
        if (keepPrivate && PRIVATE_V6.test(address)) continue;
        found.push({ start, end: start + address.length, replacement: '[REDACTED_IP]' });
      }
    }
  };

// As Linux, Windows and Cisco write them.
const MAC =
  /\b(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-])/gi;
/** Nobody's, and everybody's. */
const NO_DEVICE = /^(?:[0.:-]+|[f.:-]+)$/i;

/** Rare, and so are its joints: most texts are not looked at twice. */
const MAY_BE_MAC = /[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-]|\.[0-9a-f]{4}\./i;

export const findMacs: Detector = (text, found) => {
  if (!MAY_BE_MAC.test(text)) return;
  for (const { 0: mac, index } of text.matchAll(MAC)) {
    if (NO_DEVICE.test(mac) || /[-:]/.test(text.charAt(index - 1))) continue;
    found.push({ start: index, end: index + mac.length, replacement: '[REDACTED_MAC]' });
  }
};

const SSN = /\b(?!000|666|9)\d{3}([ .])(?!00)\d{2}\1(?!0000)\d{4}(?![.]?\w)/g;

/** With blanks or dots, where area, group and number can be (SSA); with dashes it is of the seeds' ten, whatever it says. */
export const findSpacedSsns: Detector = (text, found) => {
  for (const { 0: ssn, index } of text.matchAll(SSN)) {
    if (!startsWord(text, index) || isDigit(text.charCodeAt(index - 2))) continue;
    found.push({ start: index, end: index + ssn.length, replacement: '[REDACTED_SSN]' });
  }
};

const isPhoneJoint = (code: number): boolean => code === 32 || code === 45 || code === 46 || code === 40 || code === 41;

/** E.164: a plus, a country's code, 8 to 15 digits in all, in groups as people write them. */
export const findInternationalPhones: Detector = (text, found) => {
  for (let plus = text.indexOf('+'); plus >= 0; plus = text.indexOf('+', plus + 1)) {
    const first = text.charCodeAt(plus + 1);
    if (!(first >= 49 && first <= 57) || isWord(text.charCodeAt(plus - 1))) continue;
    let digits = 0;
    let end = plus + 1;
    let joints = 0;
    for (let at = plus + 1; at < text.length && digits <= 15; at++) {
      const code = text.charCodeAt(at);
      if (isDigit(code)) {
        digits++;
        joints = 0;
        end = at + 1;
      } else if (!isPhoneJoint(code) || ++joints > 2) break;
    }
    if (digits < 9 || digits > 15 || isWord(text.charCodeAt(end))) continue;
    found.push({ start: plus, end, replacement: '[REDACTED_PHONE]' });
  }
};
