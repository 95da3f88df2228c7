/** What was kept of an exchange, as it is stored: redacted first, cut then. */
import type { CaptureContent, CapturedBody, CapturedCall, CapturedFrame, CapturedText } from '@elida/contracts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Capture } from './capture.ts';
import { cutJson, cutPlain, cutText, looksJson } from './cut-text.ts';
import type { KeptBytes } from './kept-bytes.ts';
import { asRulesLeaveIt } from './rule-edits.ts';

type Redact = (text: string) => string;

/** Arguments are looked at whole up to here. */
const LOOKED_AT_CHARS_MAX = 65_536;

export function contentOf(exchange: RunningExchange, capture: Capture, redact: Redact): CaptureContent {
  const { bytesMax } = capture;
  const kept = textsOf(exchange, capture, redact);
  return {
    method: cutPlain(redact(exchange.method), 64),
    path: cutPlain(redact(exchange.readablePath), 1_024),
    model: cutPlain(redact(exchange.model.slice(0, LOOKED_AT_CHARS_MAX)), 128),
    status: exchange.status,
    outcome: exchange.outcome,
    request:
      capture.requestOmitted === ''
        ? bodyOf(capture.request, bytesMax, redact)
        : { ...NO_TEXT, bytes: exchange.bytesIn, omitted: capture.requestOmitted },
    response: capture.streams
      ? { ...NO_TEXT, bytes: capture.response.bytes }
      : bodyOf(capture.response, bytesMax, redact),
    texts: kept.texts,
    calls: callsOf(exchange, bytesMax, redact),
    withheld: exchange.stopped !== null,
    frames: framesOf(capture, kept.isClean, redact),
    framesLeftOut: capture.framesLeftOut,
  };
}

const NO_TEXT: CapturedBody = { text: '', bytes: 0, truncated: false, omitted: '' };

function bodyOf(kept: KeptBytes, bytesMax: number, redact: Redact): CapturedBody {
  const { bytes } = kept;
  const text = kept.text();
  if (text === null) return { text: '', bytes, truncated: bytes > 0, omitted: 'binary' };
  return { ...redactedCut(text, kept.truncated, bytesMax, redact), bytes, omitted: '' };
}

/** @param isPart more of it came. JSON is closed first: redaction knows names and escapes only of what is JSON. */
function redactedCut(
  text: string,
  isPart: boolean,
  bytesMax: number,
  redact: Redact,
): { readonly text: string; readonly truncated: boolean } {
  const whole = isPart && looksJson(text) ? (cutJson(text, Number.POSITIVE_INFINITY) ?? text) : text;
  const redacted = redact(whole);
  const cut = cutText(redacted, bytesMax);
  return { text: cut, truncated: isPart || cut !== redacted };
}

/** @returns `isClean`: in none of them anything had to be redacted. */
function textsOf(
  exchange: RunningExchange,
  { texts, bytesMax }: Capture,
  redact: Redact,
): { readonly texts: CapturedText[]; readonly isClean: boolean } {
  let room = bytesMax;
  let isClean = !texts.truncated;
  const all = texts.all.map(({ kind, index, part, text, truncated }) => {
    const left = redact(asRulesLeaveIt(exchange.policy, text));
    if (left !== text) isClean = false;
    const cut = cutPlain(left, room);
    room -= Buffer.byteLength(cut);
    return { kind, index, part, text: cut, truncated: truncated || cut !== left };
  });
  return { texts: all, isClean };
}

function callsOf({ toolCalls, policy }: RunningExchange, bytesMax: number, redact: Redact): CapturedCall[] {
  let room = bytesMax;
  return toolCalls.map(({ id, name, arguments: text }) => {
    const looked = text.slice(0, LOOKED_AT_CHARS_MAX);
    const left = asRulesLeaveIt(policy, looked);
    const cut = redactedCut(left, looked !== text, Math.max(0, room), redact);
    room -= Buffer.byteLength(cut.text);
    return {
      id: cutPlain(redact(id), 128),
      name: cutPlain(redact(name), 128),
      arguments: cut.text,
      truncated: cut.truncated,
    };
  });
}

/** @param isClean else a secret may be spread over the provider's messages: then they are told, but not shown. */
function framesOf(capture: Capture, isClean: boolean, redact: Redact): CapturedFrame[] {
  const room = { client: capture.bytesMax, provider: capture.bytesMax };
  return capture.frames.map(({ kept, ...frame }) => {
    const { from, kind, bytes } = frame;
    const isShown = kept !== null && (from === 'client' || isClean);
    if (!isShown) return { ...frame, text: '', truncated: kind === 'text' && bytes > 0 };
    const { text, truncated } = bodyOf(kept, Math.max(0, room[from]), redact);
    room[from] -= Buffer.byteLength(text);
    return { ...frame, text, truncated };
  });
}
