import { expect, it } from 'vitest';
import { LiveHub } from '../../live/hub.ts';
import { live } from './handler.ts';

const context = (roles: string[]) => ({
  caller: { principal: 'p', tenant: '*', roles, how: 'key' as const },
  ...{ requestId: 'r', idempotencyKey: '', ifMatch: '', ifNoneMatch: '', lastEventId: '' },
  signal: new AbortController().signal,
});
const query = { topics: 'sessions,events,orders', last_event_id: undefined };
const sink = (seen: string[]) => ({
  send({ event }: { event: string }) {
    seen.push(event);
    return true;
  },
});

it('who may not read events does not get them here either', () => {
  const hub = new LiveHub();
  const [viewer, analyst]: [string[], string[]] = [[], []];
  live({ hub })({ query }, context(['viewer']))(sink(viewer));
  live({ hub })({ query }, context(['analyst']))(sink(analyst));
  hub.publish('events', 'default', {});
  hub.publish('orders', 'default', {});
  expect(viewer).toEqual(['orders']);
  expect(analyst).toEqual(['events', 'orders']);
});

it('the stream has room for so many and no more: overloaded', () => {
  const hub = new LiveHub();
  const open = () => live({ hub })({ query }, context(['viewer']))(sink([]));
  const stops = Array.from({ length: 500 }, open);
  expect(open).toThrow(expect.objectContaining({ code: 'overloaded' }));
  stops[0]?.();
  expect(open).not.toThrow();
});
