/** What every doorbell promises: one suite, run in memory and over NATS. */
import type { Ack, AuditEvent, Order } from '@elida/contracts';
import { decodeSignedOrder, encodeSignedOrder } from '@elida/contracts';
import { openInstallation, signOrder } from '@elida/kernel';
import type { Bell } from '@elida/nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { order } from './session-inputs.ts';

export const INSTALLATION = openInstallation('a secret of the tests, long enough to be one');
const FOREIGN = openInstallation('another secret of the tests, long enough too');

/** Two ends of one bus: in memory they are the same object. */
export interface BellSubject {
  readonly edge: Bell;
  readonly control: Bell;
  /** Until both hear. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const EVENT: AuditEvent = {
  ...{ eventId: '01976e2e-0000-7000-8000-000000000000', tenant: 'de fault.>', producer: 'edge-1', seq: 1 },
  ...{ occurredAt: 1_764_000_000_000, type: 'exchange', session: 'ses_a', incarnation: 1, severity: '' },
  data: { code: 200 },
};
const ACK: Ack = { orderId: 'ord_1', edge: 'edge-1', exchangesCut: 2, sessions: ['ses_a'] };

export function bellContract(name: string, make: () => Promise<BellSubject>): void {
  describe(`the doorbell ${name}`, () => {
    let subject: BellSubject;
    let orders: Order[];
    let snapshots: [number, string][];
    let acks: Ack[];
    let events: AuditEvent[];

    beforeEach(async () => {
      subject = await make();
      [orders, snapshots, acks, events] = [[], [], [], []];
      subject.edge.onOrder((heard) => orders.push(heard));
      subject.edge.onSnapshot((version, hash) => snapshots.push([version, hash]));
      subject.control.onAck((ack) => acks.push(ack));
      subject.control.onLive((event) => events.push(event));
      await subject.ready();
    });
    afterEach(() => subject.close());

    it('carries orders and snapshots to the edge, acks and events to the control plane', async () => {
      const kill = order('kill', {
        reason: 'ü',
        selector: { scope: 'tree', id: 'ses_a', members: ['ses_a', 'ses_b'] },
      });
      await subject.control.ringOrder(signOrder(INSTALLATION, kill));
      await subject.control.ringSnapshot(7, 'abc');
      subject.edge.ack(ACK);
      subject.edge.live(EVENT);
      await expect.poll(() => [orders, snapshots, acks, events]).toEqual([[kill], [[7, 'abc']], [ACK], [EVENT]]);
    });

    it('no handler hears a forged, changed or foreign order', async () => {
      const signed = signOrder(INSTALLATION, order('terminate'));
      const parts = decodeSignedOrder(signed);
      if (!parts) throw new Error('unreachable: just encoded');
      const changed = encodeSignedOrder({
        ...parts,
        order: Uint8Array.from(parts.order, (b, i) => (i === 5 ? b ^ 1 : b)),
      });
      const unsigned = encodeSignedOrder({ ...parts, mac: new Uint8Array() });
      const foreign = signOrder(FOREIGN, order('terminate'));
      const renamed = encodeSignedOrder({ ...(decodeSignedOrder(foreign) ?? parts), kid: INSTALLATION.kid });
      for (const bytes of [changed, unsigned, foreign, renamed, new Uint8Array(), Uint8Array.of(255, 255)]) {
        await subject.control.ringOrder(bytes);
      }
      const real = order('resume');
      await subject.control.ringOrder(signOrder(INSTALLATION, real));
      await expect.poll(() => orders.length).toBeGreaterThan(0);
      expect(orders).toEqual([real]);
    });

    it('a handler that fails does not keep others from hearing, nor the one who rings from going on', async () => {
      const second: number[] = [];
      subject.edge.onSnapshot((version) => {
        if (version === 1) throw new Error('broken handler');
        second.push(version);
      });
      subject.edge.onSnapshot((version) => second.push(-version));
      await subject.control.ringSnapshot(1, 'a');
      await subject.control.ringSnapshot(2, 'b');
      await expect.poll(() => [snapshots.length, second]).toEqual([2, [-1, 2, -2]]);
    });

    it('closed, it says so and rings no more', async () => {
      await subject.control.close();
      expect(subject.control.connected()).toBe(false);
      await expect(subject.control.ringOrder(signOrder(INSTALLATION, order('kill')))).rejects.toThrow();
    });
  });
}
