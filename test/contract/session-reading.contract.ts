/** What every session store promises to whoever reads it, and after a wipe: one suite, run on memory and on Redis. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { block, MINUTE, order, record, request, settlement } from './session-inputs.ts';
import type { SessionStore, Subject } from './session-subject.ts';

export function sessionReadingContract(name: string, make: () => Promise<Subject>): void {
  describe(`reading and rebuilding in ${name}`, () => {
    let subject: Subject;
    let store: SessionStore;
    beforeEach(async () => {
      subject = await make();
      store = subject.open();
    });
    afterEach(() => subject.close());

    const sids = async (filter: Parameters<SessionStore['list']>[0]): Promise<string[]> =>
      (await store.list(filter, 100, '')).sessions.map(({ sid }) => sid);

    describe('listing', () => {
      beforeEach(async () => {
        await store.markReady();
        for (let i = 0; i < 25; i++) {
          await store.enter(
            request({
              sid: `ses_${String(i).padStart(2, '0')}`,
              tenant: i % 5 ? 'default' : 'other',
              principal: `key:${i % 3}`,
              agent: i % 2 ? 'odd' : 'even',
              tags: { team: i % 4 ? 'a' : 'b' },
            }),
          );
          subject.advance(1_000);
        }
      });

      it('goes newest first through pages without gaps or doubles', async () => {
        const seen: string[] = [];
        let cursor = '';
        do {
          const page = await store.list({}, 4, cursor);
          expect(page.sessions.length).toBeLessThanOrEqual(4);
          seen.push(...page.sessions.map(({ sid }) => sid));
          cursor = page.cursor;
        } while (cursor !== '');
        expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `ses_${String(24 - i).padStart(2, '0')}`));
      });

      it('filters', async () => {
        await store.applyToSession('ses_03', order('kill'), false);
        await store.settle([settlement({ sid: 'ses_07', backend: 'second' })]);
        expect(await sids({ tenant: 'other' })).toEqual(['ses_20', 'ses_15', 'ses_10', 'ses_05', 'ses_00']);
        expect(await sids({ state: 'killed' })).toEqual(['ses_03']);
        expect(await sids({ backend: 'second' })).toEqual(['ses_07']);
        expect(await sids({ principal: 'key:2', agent: 'even', tag: { key: 'team', value: 'b' } })).toEqual([
          ...['ses_20', 'ses_08'],
        ]);
        expect(await sids({ text: 's_1' })).toHaveLength(10);
        expect(await sids({ text: 'nothing' })).toEqual([]);
      });

      it('counts by state, one tenant or all', async () => {
        await store.applyToSession('ses_05', order('kill'), false);
        await store.applyToSession('ses_01', order('hold'), false);
        const zero = { terminated: 0, timed_out: 0, completed: 0 };
        expect(await store.counts('')).toEqual({ active: 23, held: 1, killed: 1, ...zero });
        expect(await store.counts('other')).toEqual({ active: 4, held: 0, killed: 1, ...zero });
      });

      it('shows the state that the clock has made, though no reaper has come by', async () => {
        subject.advance(31 * MINUTE);
        expect((await store.counts('')).timed_out).toBe(25);
        expect((await store.get('ses_00'))?.endReason).toBe('idle');
      });

      it('shows what an order named before its first request', async () => {
        await store.applyToSession('ses_early', order('kill'), true);
        expect((await sids({ state: 'killed' }))[0]).toBe('ses_early');
      });
    });

    it('names lead to their sessions within a tenant', async () => {
      await store.markReady();
      await store.enter(request({ sid: 'ses_1', displayName: 'claude-code' }));
      await store.enter(request({ sid: 'ses_2', displayName: 'claude-code' }));
      await store.enter(request({ sid: 'ses_3', displayName: 'claude-code', tenant: 'other' }));
      expect([...(await store.named('claude-code', 'default'))].sort()).toEqual(['ses_1', 'ses_2']);
      expect(await store.named('codex', 'default')).toEqual([]);
    });

    it('a tree is the session and all its descendants, breadth first, whatever circle they form', async () => {
      await store.markReady();
      for (const [sid, parent] of [
        ['ses_root', 'ses_leaf'],
        ['ses_one', 'ses_root'],
        ['ses_two', 'ses_root'],
        ['ses_leaf', 'ses_two'],
        ['ses_else', ''],
      ] as const) {
        await store.enter(request({ sid, parent }));
      }
      const tree = (await store.tree('ses_root')).map(({ sid }) => sid);
      expect(tree[0]).toBe('ses_root');
      expect(tree.slice(1, 3).sort()).toEqual(['ses_one', 'ses_two']);
      expect(tree.slice(3)).toEqual(['ses_leaf']);
      expect((await store.tree('ses_unknown')).map(({ sid }) => sid)).toEqual([]);
    });

    describe('the wide block table', () => {
      beforeEach(() => store.markReady());

      it('has an epoch that every change advances and every enter tells', async () => {
        const { epoch } = await store.blocks();
        const put = await store.putBlock(block());
        expect(put).toBeGreaterThan(epoch);
        expect(await store.blocks()).toEqual({ epoch: put, blocks: [block()] });
        expect((await store.enter(request())).blocksEpoch).toBe(put);
        const removed = await store.removeBlock('ord_block');
        expect(removed).toBeGreaterThan(put);
        expect(await store.blocks()).toEqual({ epoch: removed, blocks: [] });
        expect(await store.removeBlock('ord_block')).toBe(removed);
      });

      it('keeps a block to its end, and a permanent one for good', async () => {
        await store.putBlock(block({ id: 'ord_1', untilAt: subject.now() + 10 * MINUTE }));
        await store.putBlock(block({ id: 'ord_2' }));
        subject.advance(9 * MINUTE);
        expect((await store.blocks()).blocks).toHaveLength(2);
        subject.advance(2 * MINUTE);
        expect((await store.blocks()).blocks.map(({ id }) => id)).toEqual(['ord_2']);
        subject.advance(400 * 24 * 60 * MINUTE);
        expect((await store.blocks()).blocks.map(({ id }) => id)).toEqual(['ord_2']);
      });
    });

    it('replies lead to their session for a day', async () => {
      await store.markReady();
      await store.enter(request());
      await store.settle([settlement({ replyKey: 'rep_1' })]);
      expect(await store.sessionOfReply('rep_1')).toBe('ses_a');
      expect(await store.sessionOfReply('rep_2')).toBe('');
    });

    it('edges are listed while they are heard of', async () => {
      await store.markReady();
      const beat = { edge: 'edge-1', url: 'http://127.0.0.1:1', snapshotVersion: 3, inflight: 2, draining: false };
      await store.heartbeat(beat);
      await store.heartbeat({ ...beat, edge: 'edge 2', inflight: 0 });
      expect(await store.edges()).toHaveLength(2);
      expect((await store.edges()).find(({ edge }) => edge === 'edge-1')).toMatchObject(beat);
      subject.advance(2 * MINUTE);
      await store.heartbeat(beat);
      expect((await store.edges()).map(({ edge }) => edge)).toEqual(['edge-1']);
    });

    describe('before it is ready', () => {
      it('decides nothing', async () => {
        expect(await store.isReady()).toBe(false);
        expect(store.available()).toBe(false);
        await expect(store.enter(request())).rejects.toThrow(/store_unavailable/);
        await expect(store.blocks()).rejects.toThrow(/store_unavailable/);
      });

      it('takes back what stood, and no request comes in between', async () => {
        const table = { epoch: 4_000_000_000, blocks: [block()] };
        await store.restore(
          [
            record({ sid: 'ses_dead', state: 'terminated', incarnation: 3, epoch: 9, reason: 'for good' }),
            record({ sid: 'ses_killed', state: 'killed', untilAt: subject.now() + 30 * MINUTE, reason: 'why' }),
          ],
          table,
        );
        expect(store.available()).toBe(false);
        await store.markReady();
        expect(store.available()).toBe(true);
        const { epoch, blocks } = await store.blocks();
        expect(epoch).toBeGreaterThan(table.epoch);
        expect(blocks).toEqual([block()]);
        expect(await store.enter(request({ sid: 'ses_dead' }))).toMatchObject({
          ...{ state: 'terminated', incarnation: 3, reason: 'for good' },
        });
        expect(await store.enter(request({ sid: 'ses_killed' }))).toMatchObject({ state: 'killed', reason: 'why' });
        expect((await store.applyToSession('ses_dead', order('resume'), true))?.changed).toBe(false);
        subject.advance(31 * MINUTE);
        expect(await store.enter(request({ sid: 'ses_killed' }))).toMatchObject({ started: true, incarnation: 1 });
      });

      it('an order that came before the restore stays, but a terminate comes back', async () => {
        const kill = { state: 'killed', reason: 'old' } as const;
        for (const sid of ['ses_1', 'ses_2']) {
          await store.applyToSession(sid, order('hold', { reason: 'new' }), true);
        }
        await store.restore(
          [record({ sid: 'ses_1', ...kill }), record({ sid: 'ses_2', ...kill, state: 'terminated' })],
          {
            epoch: 0,
            blocks: [],
          },
        );
        await store.markReady();
        expect(await store.enter(request({ sid: 'ses_1' }))).toMatchObject({ state: 'held', reason: 'new' });
        expect(await store.enter(request({ sid: 'ses_2' }))).toMatchObject({ state: 'terminated', reason: 'old' });
      });

      it('a running session keeps its record under a kill that comes back', async () => {
        await store.markReady();
        await store.enter(request());
        await store.settle([settlement()]);
        await store.restore([record({ state: 'killed', incarnation: 0, untilAt: subject.now() + 30 * MINUTE })], {
          epoch: 0,
          blocks: [],
        });
        expect(await store.get('ses_a')).toMatchObject({ state: 'killed', requests: 1, incarnation: 1 });
      });
    });
  });
}
