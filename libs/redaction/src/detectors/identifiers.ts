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
const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

/** RFC 4291 §2.2. At least two groups, so that `::` alone and times of day stay. */
function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return false;
  const groups = [...head.split(':'), ...(tail ?? '').split(':')].filter((group) => group !== '');
  const last = groups.at(-1) ?? '';
  const isMixed = /^(?:\d{1,3}\.){3}\d{1,3}$/.test(last);
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
      if (MAC.test(address)) found.push({ start, end: start + address.length, replacement: '[REDACTED_MAC]' });
      else if (address.includes('::') ? address.length > 3 && isIpv6(address) : isIpv6(address)) {
        if (keepPrivate && PRIVATE_V6.test(address)) continue;
        found.push({ start, end: start + address.length, replacement: '[REDACTED_IP]' });
      }
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
