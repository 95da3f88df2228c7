/** What every audit queue promises: one suite, run in memory and on BullMQ. */
import type { AuditConsumer, AuditProducer } from '@elida/queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface QueueSubject {
  readonly queue: AuditProducer;
  readonly source: AuditConsumer;
  /** Batches that fit. */
  readonly max: number;
  close(): Promise<void>;
}

const batch = (n: number): Uint8Array => Uint8Array.of(0, 255, 13, 10, n);

export function auditQueueContract(name: string, make: () => Promise<QueueSubject>): void {
  describe(`the audit queue ${name}`, () => {
    let subject: QueueSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    it('brings every batch with its exact bytes, those sent before the worker came too', async () => {
      const seen: Uint8Array[] = [];
      for (let n = 0; n < 5; n++) await subject.queue.send(batch(n));
      expect(await subject.source.depth()).toBe(5);
      subject.source.start(async (bytes) => {
        seen.push(Uint8Array.from(bytes));
      });
      for (let n = 5; n < 10; n++) await subject.queue.send(batch(n));
      await expect.poll(() => seen.length).toBe(10);
      expect(seen.sort((a, b) => (a[4] ?? 0) - (b[4] ?? 0))).toEqual(Array.from({ length: 10 }, (_, n) => batch(n)));
      await expect.poll(() => subject.source.depth()).toBe(0);
    });

    it('says how far a producer is stored once the worker has told it, and does not know before', async () => {
      const { queue, source } = subject;
      await queue.send(batch(1));
      expect(await source.depth()).toBe(1);
      expect(await queue.through('edge-x')).toBeNull();
      await source.publish(new Map([['edge-x', 7]]));
      await source.publish(new Map([['edge-x', 9]]));
      expect(await queue.through('edge-x')).toBe(9);
      expect(await queue.through('edge-y')).toBeNull();
      source.start(async () => {});
      await expect.poll(() => source.depth()).toBe(0);
    });

    it('tries a batch again until it is stored, and does not lose it meanwhile', async () => {
      const tries: number[] = [];
      subject.source.start(async () => {
        tries.push(performance.now());
        if (tries.length < 3) throw new Error('the database is gone');
      });
      await subject.queue.send(batch(1));
      await expect.poll(() => tries.length).toBeGreaterThan(0);
      expect(await subject.source.depth()).toBe(1);
      await expect.poll(() => tries.length, { timeout: 10_000 }).toBe(3);
      await expect.poll(() => subject.source.depth()).toBe(0);
    });

    it('full, it rejects, and takes again when there is room', async () => {
      for (let n = 0; n < subject.max; n++) await subject.queue.send(batch(n));
      await expect
        .poll(
          () =>
            subject.queue.send(batch(0)).then(
              () => 'taken',
              (error: unknown) => String(error),
            ),
          { timeout: 5_000 },
        )
        .toMatch(/full/);
      subject.source.start(() => Promise.resolve());
      await expect.poll(() => subject.source.depth()).toBe(0);
      await expect
        .poll(() => subject.queue.send(batch(0)).then(() => 'taken', String), { timeout: 5_000 })
        .toBe('taken');
    });

    it('closing lets the batch in hand finish', async () => {
      const done: string[] = [];
      let begin = (): void => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      subject.source.start(async () => {
        begin();
        await new Promise((resolve) => setTimeout(resolve, 100));
        done.push('stored');
      });
      await subject.queue.send(batch(1));
      await begun;
      await subject.source.close();
      expect(done).toEqual(['stored']);
    });
  });
}
