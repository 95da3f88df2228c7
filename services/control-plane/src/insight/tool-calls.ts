/** Who called what, from the events. */
import type { ToolCallView } from '@elida/contracts/api';
import type { Database } from '@elida/postgres';
import type { EventData } from '@elida/record';
import type { Kysely, SelectQueryBuilder } from 'kysely';
import { type EventRow, eventsOf } from '../record/event-rows.ts';
import type { Life } from './violations.ts';

type ToolCalledData = EventData['tool_called'];

const UNTOLD: ToolCalledData = {
  ...{ exchange: '', tool_name: '', namespace: '', tool_call_id: '', kind: '', arguments: '' },
  ...{ backend: '', model: '', agent: '' },
};

export const toolCallsOf = (
  db: Kysely<Database>,
  { tenant, session, incarnation }: Life & { readonly tenant: string },
): SelectQueryBuilder<Database, 'events', EventRow> =>
  eventsOf(db, { tenant, session, type: 'tool_called' }).where('incarnation', '=', incarnation);

export const toolCallViewOf = (row: EventRow): ToolCallView => ({
  ...UNTOLD,
  ...(row.data as Partial<ToolCalledData>),
  id: Number(row.id),
  event_id: row.event_id,
  at: row.occurred_at.toISOString(),
  session: row.session,
  incarnation: row.incarnation,
});
