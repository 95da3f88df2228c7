/** Captures opened for a session's detail record. They were redacted before they were sealed. */
import type { CaptureContent, CapturedBody } from '@elida/contracts';
import { type Installation, openSealed } from '@elida/kernel';
import { type Database, readCaptures } from '@elida/postgres';
import type { SdrCapture } from '@elida/record';
import type { Kysely } from 'kysely';
import type { ReadCaptures } from './findings.ts';

/** What cannot be opened (another secret, another place) is left out, and counts as dropped. */
export const createCaptureReader =
  (db: Kysely<Database>, installation: Installation): ReadCaptures =>
  async ({ sid, incarnation }, which) => {
    const rows = await readCaptures(db, { session: sid, incarnation, ...which });
    return rows.flatMap((row) => {
      const { tenant, session, exchange, capture_id: id } = row;
      const text = openSealed(
        installation,
        { tenant, session, incarnation: row.incarnation, exchange, id },
        row.sealed,
      );
      if (text === null) return [];
      return [{ at: row.captured_at.getTime(), exchange, ...shown(JSON.parse(text) as CaptureContent) }];
    });
  };

function shown(content: CaptureContent): Omit<SdrCapture, 'at' | 'exchange'> {
  const { method, path, status, request, response, texts, calls, frames, framesLeftOut } = content;
  const isSocket = frames.length + framesLeftOut > 0;
  return {
    method,
    path,
    statusCode: status,
    requestBody: isSocket ? linesOf(content, 'client') : bodyText(request),
    responseBody: isSocket ? linesOf(content, 'provider') : bodyText(response) || replyText(content),
    truncated:
      request.truncated ||
      response.truncated ||
      framesLeftOut > 0 ||
      [...texts, ...calls, ...frames].some(({ truncated }) => truncated),
  };
}

const bodyText = ({ text, omitted }: CapturedBody): string => (omitted === '' ? text : `[${omitted}]`);

/** Of a stream: its text, put together, and the calls that it made. */
function replyText({ texts, calls }: CaptureContent): string {
  if (texts.length + calls.length === 0) return '';
  return JSON.stringify({
    text: texts.map(({ text }) => text).join('\n'),
    tool_calls: calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
  });
}

const linesOf = ({ frames }: CaptureContent, from: 'client' | 'provider'): string =>
  frames
    .filter((frame) => frame.from === from && frame.kind === 'text')
    .map(({ text }) => text)
    .join('\n');
