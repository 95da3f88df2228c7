/** Captures opened for a session's detail record. They were redacted before they were sealed. */
import type { CaptureContent } from '@elida/contracts';
import { type Installation, openSealed } from '@elida/kernel';
import { type Database, readCaptures } from '@elida/postgres';
import { captureBodies, isCaptureTruncated, type SdrCapture } from '@elida/record';
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
  const { method, path, status } = content;
  const { request, response } = captureBodies(content);
  return {
    ...{ method, path, statusCode: status, requestBody: request, responseBody: response },
    truncated: isCaptureTruncated(content),
  };
}
