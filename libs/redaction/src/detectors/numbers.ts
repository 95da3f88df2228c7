/** Numbers by their shape: SSN, payment card, US telephone, IPv4. One pass over the runs of digits. */
import type { Detector, Span } from '../span.ts';
import { isDigit, isWord, startsWord } from './characters.ts';

const DOT = 46;
const DASH = 45;
const SPACE = 32;
const OPEN = 40;
const CLOSE = 41;
const PLUS = 43;

const groupEnd = (text: string, start: number): number => {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
};

/** @returns the end of digit groups of exactly these lengths, each behind one separator that `joins`; -1 where they are not there. */
function groups(text: string, end: number, lengths: readonly number[], joins: (code: number) => boolean): number {
  for (const length of lengths) {
    if (!joins(text.charCodeAt(end))) return -1;
    for (let index = 1; index <= length; index++) if (!isDigit(text.charCodeAt(end + index))) return -1;
    end += length + 1;
  }
  return isWord(text.charCodeAt(end)) ? -1 : end;
}

const isDash = (code: number): boolean => code === DASH;
const isCardJoint = (code: number): boolean => code === DASH || code === SPACE;
const isPhoneJoint = (code: number): boolean => code === DASH || code === SPACE || code === DOT;

function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** 4-4-4-4 and 4-6-5 by shape, 16 digits in a row by shape; 13 to 15 in a row are times as often, so Luhn decides. */
function cardEnd(text: string, start: number, end: number): number {
  const length = end - start;
  if (length === 4) {
    const four = groups(text, end, [4, 4, 4], isCardJoint);
    return four > 0 ? four : groups(text, end, [6, 5], isCardJoint);
  }
  if (length < 13 || length > 16 || isWord(text.charCodeAt(end))) return -1;
  return length === 16 || luhn(text.slice(start, end)) ? end : -1;
}

/** `555-123-4567`, `555.123.4567`, `(555) 123-4567`, each with or without `+1`. */
function phone(text: string, start: number, end: number): { start: number; end: number } | null {
  let first = start;
  let tail: number;
  if (text.charCodeAt(start - 1) === OPEN && text.charCodeAt(end) === CLOSE) {
    first = start - 1;
    const gap = text.charCodeAt(end + 1) === SPACE ? end + 1 : end;
    tail = groups(text, gap, [3, 4], (code) => isPhoneJoint(code) || code === CLOSE);
  } else tail = groups(text, end, [3, 4], isPhoneJoint);
  if (tail < 0) return null;
  if (isPhoneJoint(text.charCodeAt(first - 1)) && text.charCodeAt(first - 2) === 49) {
    const isAlone = !isWord(text.charCodeAt(first - 3));
    if (isAlone) first -= text.charCodeAt(first - 3) === PLUS ? 3 : 2;
  }
  return { start: first, end: tail };
}

/**
 * Dotted quad with parts of 0–255, and no further part in front (`v1.2.3.4.5`).
 * @param done end of the number found before: that one is not a part.
 */
function ipEnd(text: string, start: number, end: number, done: number): number {
  if (text.charCodeAt(start - 1) === DOT && isDigit(text.charCodeAt(start - 2)) && start - 1 !== done) return -1;
  let from = start;
  for (let part = 0; part < 4; part++) {
    if (end === from || end - from > 3 || Number(text.slice(from, end)) > 255) return -1;
    if (part === 3) break;
    if (text.charCodeAt(end) !== DOT) return -1;
    from = end + 1;
    end = from;
    while (end - from < 4 && isDigit(text.charCodeAt(end))) end++;
  }
  return isWord(text.charCodeAt(end)) ? -1 : end;
}

const PRIVATE = /^(?:10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./;

function numberAt(text: string, start: number, end: number, done: number, keepPrivate: boolean): Span | null {
  const next = text.charCodeAt(end);
  if (end - start === 3 && next === DASH) {
    const ssn = groups(text, end, [2, 4], isDash);
    if (ssn > 0) return { start, end: ssn, replacement: '[REDACTED_SSN]' };
  }
  const card = cardEnd(text, start, end);
  if (card > 0) return { start, end: card, replacement: '[REDACTED_CC]' };
  if (end - start === 3 && (next === CLOSE || isPhoneJoint(next))) {
    const span = phone(text, start, end);
    if (span) return { ...span, replacement: '[REDACTED_PHONE]' };
  }
  if (next !== DOT || end - start > 3) return null;
  const ip = ipEnd(text, start, end, done);
  if (ip < 0 || (keepPrivate && PRIVATE.test(text.slice(start, ip)))) return null;
  return { start, end: ip, replacement: '[REDACTED_IP]' };
}

const DIGITS = /\d/g;

export const findNumbers = (keepPrivateAddresses: boolean): Detector => {
  return (text, found) => {
    DIGITS.lastIndex = 0;
    let done = -1;
    while (DIGITS.test(text)) {
      const start = DIGITS.lastIndex - 1;
      const end = groupEnd(text, start);
      DIGITS.lastIndex = end;
      // A word character in front: part of an identifier, not a number of its own.
      if (!startsWord(text, start)) continue;
      const span = numberAt(text, start, end, done, keepPrivateAddresses);
      if (span === null) continue;
      found.push(span);
      done = span.end;
      DIGITS.lastIndex = done;
    }
  };
};
