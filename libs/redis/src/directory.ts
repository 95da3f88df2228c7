/** The control plane's writes: orders on one session, the wide block table, edges, what follows a wipe. */
import type { Block, Order, SessionRecord } from '@elida/contracts';
import type { Applied, BlockTable, EdgeHeartbeat } from '@elida/session';
import { EDGE_GONE_MS } from '@elida/session';
import type { Context } from './context.ts';
import { BLOCKS, EDGES, EPOCH, endedKey, sessionKey } from './keys.ts';
import { unavailable } from './link.ts';
import { HISTORY_MS } from './lua/session.ts';
import { appendSteps } from './order-stream.ts';
import type { Readiness } from './readiness.ts';
import { decodeAny, encodeSession } from './session-codec.ts';
import type { SessionIndex } from './session-index.ts';

const RESTORE_SLICE = 200;
const CONTROL_KEYS = [EPOCH, BLOCKS];

export class Directory {
  readonly #context: Context;
  readonly #index: SessionIndex;
  readonly #ready: Readiness;
  #epochBefore = 0;

  constructor(context: Context, index: SessionIndex, ready: Readiness) {
    this.#context = context;
    this.#index = index;
    this.#ready = ready;
  }

  async applyToSession(sid: string, order: Order, create: boolean, expectedEpoch?: number): Promise<Applied | null> {
    const { kind, untilAt, reason, actor, id, tenant } = order;
    const reply = await this.#context.one(
      this.#context.call(
        this.#context.scripts.session.apply,
        [sessionKey(sid), endedKey(sid)],
        ...[kind, untilAt, reason, actor, id, tenant, create ? '1' : '0', expectedEpoch ?? ''],
      ),
    );
    if (!reply) return null;
    const [changed, wait, hash] = reply as readonly [number, number, readonly string[]];
    const { record } = decodeAny(sid, hash);
    // -2: it is over, and has its due entry already; or it was only an order's record, and is gone.
    if (changed === 1 && wait !== -2) await this.#schedule(record, wait);
    return { record, changed: changed === 1 };
  }

  async blocks(): Promise<BlockTable> {
    const { readBlocks } = this.#context.scripts.control;
    const reply = await this.#context.one(this.#context.call(readBlocks, CONTROL_KEYS));
    const [epoch, now, rows] = reply as readonly [string | null, number, readonly string[]];
    if (epoch === null) {
      this.#ready.lost();
      throw unavailable();
    }
    const blocks = rows.map((row) => JSON.parse(row) as Block);
    return { epoch: Number(epoch), blocks: blocks.filter(({ untilAt }) => untilAt === 0 || untilAt > now) };
  }

  async putBlock(block: Block): Promise<number> {
    const { putBlock } = this.#context.scripts.control;
    return Number(await this.#context.one(this.#context.call(putBlock, CONTROL_KEYS, block.id, JSON.stringify(block))));
  }

  async removeBlock(id: string): Promise<number> {
    const { removeBlock } = this.#context.scripts.control;
    return Number(await this.#context.one(this.#context.call(removeBlock, CONTROL_KEYS, id)));
  }

  async appendOrder(signed: Uint8Array): Promise<void> {
    await this.#context.all(...appendSteps(signed));
  }

  async edges(): Promise<readonly (EdgeHeartbeat & { readonly at: number })[]> {
    const { readEdges } = this.#context.scripts.control;
    const rows = (await this.#context.one(this.#context.call(readEdges, [EDGES], EDGE_GONE_MS))) as readonly string[];
    return rows.map((row) => {
      const space = row.indexOf(' ');
      return { ...(JSON.parse(row.slice(space + 1)) as EdgeHeartbeat), at: Number(row.slice(0, space)) };
    });
  }

  async restore(records: readonly SessionRecord[], table: BlockTable): Promise<void> {
    for (let from = 0; from < records.length; from += RESTORE_SLICE) {
      await this.#restoreSlice(records.slice(from, from + RESTORE_SLICE));
    }
    this.#epochBefore = Math.max(this.#epochBefore, table.epoch);
    const rows = table.blocks.flatMap((block) => [block.id, JSON.stringify(block)]);
    const { restoreBlocks } = this.#context.scripts.control;
    await this.#context.one(
      this.#context.call(restoreBlocks, CONTROL_KEYS, this.#epochBefore, table.blocks.length, ...rows),
    );
  }

  async markReady(): Promise<void> {
    await this.#context.one(this.#context.call(this.#context.scripts.control.markReady, [EPOCH], this.#epochBefore));
    this.#ready.marked();
  }

  async #restoreSlice(records: readonly SessionRecord[]): Promise<void> {
    const { restore } = this.#context.scripts.session;
    const waits = await this.#context.all(
      ...records.map((record) =>
        this.#context.call(
          restore,
          [sessionKey(record.sid), endedKey(record.sid)],
          ...[record.state, record.untilAt, record.reason, record.actor, record.incarnation, record.epoch],
          JSON.stringify(encodeSession(record)),
        ),
      ),
    );
    for (const [i, wait] of waits.entries()) {
      const record = records[i];
      if (record && typeof wait === 'number' && wait > -2) await this.#schedule(record, wait);
    }
  }

  /** A session without a deadline stands for good: so does its place in the listing. */
  async #schedule({ tenant, sid }: SessionRecord, wait: number): Promise<void> {
    await this.#context.one(this.#index.schedule(tenant, sid, wait, wait < 0 ? -1 : wait + HISTORY_MS));
  }
}
