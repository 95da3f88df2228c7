/** Captures, opened for somebody: that they were read, and by whom, is on record before anything is shown. */
import type { CaptureContent } from '@elida/contracts';
import type { CaptureSummary, CaptureView } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault, openSealed } from '@elida/kernel';
import { type CapturesTable, readCaptures } from '@elida/postgres';
import { type CaptureData, captureBodies } from '@elida/record';
import type { Selectable } from 'kysely';
import { maySee } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import type { EventRow } from '../record/event-rows.ts';
import type { Life } from './violations.ts';

export type CaptureParts = Pick<Parts, 'db' | 'journal' | 'installation'>;
type Row = Selectable<CapturesTable>;

const UNTOLD: CaptureData = {
  ...{ capture: '', exchange: '', reason: 'all', request_bytes: 0, response_bytes: 0, truncated: false },
  ...{ withheld: false, frames: 0, kid: '', sealed_sha256: '' },
};

/** From its event: nothing of what was said. */
export function captureSummaryOf(row: EventRow): CaptureSummary {
  const { capture, exchange, reason, request_bytes, response_bytes, truncated, withheld, frames } = {
    ...UNTOLD,
    ...(row.data as Partial<CaptureData>),
  };
  return {
    id: capture,
    at: row.occurred_at.toISOString(),
    ...{ tenant: row.tenant, session: row.session, incarnation: row.incarnation, exchange },
    flagged: reason === 'flagged',
    ...{ request_bytes, response_bytes, truncated, withheld, frames },
  };
}

/** @throws Fault not_found, capture_unreadable, database_unavailable. */
export async function openCapture(parts: CaptureParts, id: string, caller: Caller): Promise<CaptureView> {
  const row = await parts.db.selectFrom('captures').selectAll().where('capture_id', '=', id).executeTakeFirst();
  if (!row || !maySee(caller, row.tenant)) throw new Fault('not_found', `there is no capture ${id}`);
  await tell(parts, row, `capture ${id}`, caller);
  const content = contentOf(parts, row);
  if (content === null) throw new Fault('capture_unreadable', `the capture ${id} cannot be opened`);
  return viewOf(row, content);
}

/** The first ones of an incarnation in the seeds' words; none where there are none. What cannot be opened says so. */
export async function capturedContentOf(
  parts: CaptureParts,
  { session, incarnation }: Life,
  limit: number,
  caller: Caller,
): Promise<Record<string, unknown>[]> {
  const rows = await readCaptures(parts.db, { session, incarnation, limit });
  const [first] = rows;
  if (!first || !maySee(caller, first.tenant)) return [];
  await tell(parts, first, `${rows.length} captures of ${session}.${incarnation}`, caller);
  return rows.map((row) => ({
    timestamp: row.captured_at.toISOString(),
    capture_id: row.capture_id,
    request_id: row.exchange,
    flagged: row.flagged,
    ...shown(contentOf(parts, row)),
  }));
}

function shown(content: CaptureContent | null): Record<string, unknown> {
  if (content === null) return { unreadable: true };
  const { request, response } = captureBodies(content);
  const { method, path, status, withheld } = content;
  return { method, path, request_body: request, response_body: response, status_code: status, withheld };
}

const tell = ({ journal }: CaptureParts, { tenant, session, incarnation }: Row, resource: string, caller: Caller) =>
  journal.write(async (_, { note }) =>
    note('access', { tenant, session, incarnation }, { resource, actor: caller.principal }),
  );

/** Null: it was changed, or another secret sealed it. */
function contentOf({ installation }: CaptureParts, row: Row): CaptureContent | null {
  const { tenant, session, incarnation, exchange, capture_id: id } = row;
  const text = openSealed(installation, { tenant, session, incarnation, exchange, id }, row.sealed);
  return text === null ? null : (JSON.parse(text) as CaptureContent);
}

function viewOf(row: Row, { frames, framesLeftOut, ...content }: CaptureContent): CaptureView {
  const { tenant, session, incarnation, exchange, flagged } = row;
  return {
    id: row.capture_id,
    at: row.captured_at.toISOString(),
    ...{ tenant, session, incarnation, exchange, flagged },
    ...content,
    texts: [...content.texts],
    calls: [...content.calls],
    frames: frames.map(({ at, ...frame }) => ({ ...frame, at_ms: at })),
    frames_left_out: framesLeftOut,
  };
}
