/** Once a second the edge says that it lives, and what its long exchanges have come to; every half minute it keeps the sessions of long exchanges from idling out. */
import { isFault, type Log } from '@elida/kernel';
import type { BlockTable } from './block-table.ts';
import type { ExchangeRegistry } from './exchange-registry.ts';
import type { SessionGate } from './ports.ts';

const BEAT_MS = 1_000;
const TOUCH_EVERY_BEATS = 30;
const TOUCH_SLICE = 500;
/** A refused caller never asks the store, so it would not learn that its block was lifted: look, while there are blocks. */
const BLOCKS_EVERY_BEATS = 2;

export interface HeartbeatOptions {
  readonly sessions: SessionGate;
  readonly registry: ExchangeRegistry;
  readonly blocks: BlockTable;
  readonly ledger: { settleRunning(): void };
  readonly log: Log;
  readonly describe: () => { edge: string; url: string; snapshotVersion: number; draining: boolean };
}

/** @returns how to stop; the last beat says that the edge drains. */
export function startHeartbeat({ sessions, registry, blocks, ledger, log, describe }: HeartbeatOptions): () => void {
  let beats = 0;
  let isQuiet = false;
  let isBeating = false;
  const beat = async (): Promise<void> => {
    beats++;
    ledger.settleRunning();
    await sessions.heartbeat({ ...describe(), inflight: registry.size });
    if (blocks.epoch < 0 || (!blocks.empty && beats % BLOCKS_EVERY_BEATS === 0)) await blocks.catchUp();
    if (beats % TOUCH_EVERY_BEATS === 0) {
      const sids = registry.sids();
      for (let at = 0; at < sids.length; at += TOUCH_SLICE) await sessions.touch(sids.slice(at, at + TOUCH_SLICE));
    }
    isQuiet = false;
  };
  const run = (): void => {
    // A frozen store must not pile up beats.
    if (isBeating) return;
    isBeating = true;
    beat()
      .catch((error: unknown) => {
        if (!isQuiet) log.warn('heartbeat_failed', { error: isFault(error) ? error.code : error });
        isQuiet = true;
      })
      .finally(() => {
        isBeating = false;
      });
  };
  run();
  const timer = setInterval(run, BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}
