import type { LiveHandler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { permissionsOf, tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';

export const live =
  ({ hub }: Pick<Parts, 'hub'>): LiveHandler =>
  ({ query }, { caller, lastEventId }) => {
    if (hub.full) throw new Fault('overloaded', 'too many watch already');
    const mayReadEvents = permissionsOf(caller).has('events:read');
    const topics = new Set(query.topics.split(',').filter((topic) => topic !== 'events' || mayReadEvents));
    const tenant = tenantFor(caller, undefined);
    return (sink) => hub.watch({ sink, topics, tenant }, lastEventId || (query.last_event_id ?? ''));
  };
