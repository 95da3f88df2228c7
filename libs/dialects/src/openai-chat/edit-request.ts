/** Asks a streaming Chat backend for its usage, where the client did not; all other bytes stay. */
import { spliced } from '../json/edit-strings.ts';
import { CLOSE_BRACE, COLON, COMMA, keyAt, OPEN_BRACE, QUOTE, skipSpace, skipString, skipValue } from '../json/scan.ts';
import { utf8 } from '../sse/frame.ts';

interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** Members of the object that begins at `from`; null where it is none. */
export function membersAt(bytes: Uint8Array, from: number): Member[] | null {
  if (bytes[from] !== OPEN_BRACE) return null;
  const members: Member[] = [];
  let at = skipSpace(bytes, from + 1);
  while (bytes[at] === QUOTE) {
    const keyStart = at;
    const keyEnd = skipString(bytes, at);
    if (keyEnd < 0) return null;
    const key = keyAt(bytes, at, keyEnd) ?? '';
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== COLON) return null;
    const valueStart = skipSpace(bytes, at + 1);
    const valueEnd = skipValue(bytes, valueStart);
    if (valueEnd < 0) return null;
    members.push({ key, keyStart, valueStart, valueEnd });
    at = skipSpace(bytes, valueEnd);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return bytes[at] === CLOSE_BRACE ? members : null;
}

const insert = (bytes: Uint8Array, at: number, text: string): Uint8Array =>
  spliced(bytes, [{ start: at, end: at, bytes: utf8(text) }]);

/**
 * @param body a JSON object of a request that streams.
 * @returns the body with `stream_options.include_usage: true` in it; the same bytes where it has it, or is no object. The
 *   reply then says `usage` where it would not have: `withoutAskedUsage` takes it out again.
 */
export function askForUsage(body: Uint8Array): Uint8Array {
  const start = skipSpace(body, 0);
  const members = membersAt(body, start);
  if (members === null) return body;
  const options = members.findLast(({ key }) => key === 'stream_options');
  if (options === undefined)
    return insert(body, start + 1, `"stream_options":{"include_usage":true}${members.length === 0 ? '' : ','}`);
  const inner = membersAt(body, options.valueStart);
  const replace = (from: number, to: number, text: string): Uint8Array =>
    spliced(body, [{ start: from, end: to, bytes: utf8(text) }]);
  if (inner === null) return replace(options.valueStart, options.valueEnd, '{"include_usage":true}');
  const asked = inner.findLast(({ key }) => key === 'include_usage');
  if (asked === undefined)
    return insert(body, options.valueStart + 1, `"include_usage":true${inner.length === 0 ? '' : ','}`);
  const isTrue = asked.valueEnd - asked.valueStart === 4 && body[asked.valueStart] === 0x74;
  return isTrue ? body : replace(asked.valueStart, asked.valueEnd, 'true');
}
