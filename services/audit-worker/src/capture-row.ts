/** What is stored of a capture: the sealed bytes as they came. The worker cannot read them here. */
import type { StoredCapture } from '@elida/postgres';
import type { CaptureData } from '@elida/record';
import type { StoredEvent } from './ports.ts';

/** Of events of other types, and of those whose capture was lost on its way, nothing. */
export function captureRows({ event, attachment }: StoredEvent): StoredCapture[] {
  if (event.type !== 'capture_recorded' || attachment === undefined) return [];
  const { capture, exchange, reason, kid } = event.data as unknown as Partial<CaptureData>;
  return [
    {
      captureId: String(capture),
      tenant: event.tenant,
      session: event.session,
      incarnation: event.incarnation,
      exchange: String(exchange),
      capturedAt: event.occurredAt,
      flagged: reason === 'flagged',
      kid: String(kid),
      sealed: attachment,
    },
  ];
}
