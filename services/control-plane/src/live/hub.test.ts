import { describe, expect, it } from 'vitest';
import { LiveHub } from './hub.ts';

const watch = (hub: LiveHub, after = '', options: { tenant?: string; topics?: string[] } = {}) => {
  const seen: { id: string; event: string; data: unknown }[] = [];
  const sink = {
    open: true,
    send(message: { id: string; event: string; data: string }) {
      if (this.open) seen.push({ ...message, data: JSON.parse(message.data) });
      return this.open;
    },
  };
  const topics = new Set(options.topics ?? ['sessions', 'events', 'orders']);
  return { seen, sink, stop: hub.watch({ sink, topics, tenant: options.tenant ?? '' }, after) };
};

describe('the live stream', () => {
  it('goes on where a watcher left off, without a gap and without a repetition', () => {
    const hub = new LiveHub();
    const first = watch(hub);
    hub.publish('events', 'a', 1);
    first.stop();
    hub.publish('events', 'a', 2);
    hub.publish('events', 'a', 3);
    const again = watch(hub, first.seen.at(-1)?.id);
    hub.publish('events', 'a', 4);
    expect(first.seen.map(({ data }) => data)).toEqual([1]);
    expect(again.seen.map(({ data }) => data)).toEqual([2, 3, 4]);
  });

  it('says reset to who comes from another process, from the future, or too late', () => {
    const hub = new LiveHub();
    const early = watch(hub);
    hub.publish('events', 'a', 0);
    for (let n = 0; n < 1_001; n++) hub.publish('events', 'a', n);
    for (const after of ['dead-1', `${early.seen[0]?.id.split('-')[0]}-99999`, early.seen[0]?.id ?? '', 'x'])
      expect(watch(hub, after).seen.map(({ event }) => event)).toEqual(['reset']);
  });

  it('shows each tenant its own only, and every topic only to who asked for it', () => {
    const hub = new LiveHub();
    const acme = watch(hub, '', { tenant: 'acme' });
    const orders = watch(hub, '', { topics: ['orders'] });
    hub.publish('sessions', 'acme', 1);
    hub.publish('orders', 'other', 2);
    hub.publish('orders', '*', 3);
    expect(acme.seen.map(({ data }) => data)).toEqual([1]);
    expect(orders.seen.map(({ data }) => data)).toEqual([2, 3]);
  });

  it('forgets a watcher that reads too slowly', () => {
    const hub = new LiveHub();
    const { sink } = watch(hub);
    sink.open = false;
    hub.publish('events', 'a', 1);
    expect(hub.watched).toBe(false);
  });
});
