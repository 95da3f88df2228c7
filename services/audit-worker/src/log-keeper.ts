/** Keeps the logs of all tenants going: their turns, the checkpoints outside, and the watch over both. */
import type { Clock, Log } from '@elida/kernel';
import {
  checkpointAt,
  checkpointsAfter,
  type Database,
  lastCheckpoints,
  type StoredCheckpoint,
  waitingTenants,
} from '@elida/postgres';
import { type SignerOf, verifierKey } from '@elida/record';
import type { Kysely } from 'kysely';
import type { AnchorFile } from './anchor-file.ts';
import type { AuditMetrics } from './metrics.ts';
import type { OwnEvents } from './own-events.ts';
import { pause } from './pause.ts';
import { sequence } from './sequence.ts';
import { signedBy } from './signed-by.ts';

export interface LogDeps {
  readonly db: Kysely<Database>;
  readonly anchors: AnchorFile;
  readonly signerOf: SignerOf;
  readonly own: OwnEvents;
  readonly metrics: AuditMetrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Between two turns of a log that has little to do. */
  readonly everyMs: number;
}

type Refusal = 'rolled_back' | 'altered' | 'forged';

/** Of one producer in a turn: some 100 ms of work. */
const PER_PRODUCER_MAX = 5_000;
/** Of the file, at once. */
const ANCHORS_MAX = 1_000;

/** Runs until the signal. */
export async function keepLogs(deps: LogDeps): Promise<void> {
  const { log, signal, everyMs } = deps;
  const keeper = new LogKeeper(deps);
  while (!signal.aborted) {
    let isFull = false;
    try {
      isFull = await keeper.round();
    } catch (error) {
      log.warn('log_not_kept', { error });
    }
    if (!isFull) await pause(everyMs, signal);
  }
}

class LogKeeper {
  readonly #deps: LogDeps;
  /** Logs whose alarm was given by this process, and why. */
  readonly #refused = new Map<string, Refusal>();

  constructor(deps: LogDeps) {
    this.#deps = deps;
  }

  /** @returns whether more waits. */
  async round(): Promise<boolean> {
    const { db, metrics } = this.#deps;
    const foreign = new Set<string>();
    for (const head of await lastCheckpoints(db)) {
      if (await this.#isOurs(head)) await this.#anchor(head.tenant, head.size);
      else foreign.add(head.tenant);
    }
    let isFull = false;
    for (const tenant of await waitingTenants(db)) {
      if (!foreign.has(tenant)) isFull = (await this.#turn(tenant)) || isFull;
    }
    metrics.refusedLogs(this.#refused.size);
    return isFull;
  }

  /** Does the database know what the file knows? Whoever rolled it back, before we came or while we ran. */
  async #isOurs(last: StoredCheckpoint): Promise<boolean> {
    const { db, anchors, signerOf } = this.#deps;
    const { tenant, size } = last;
    const signer = signerOf(tenant);
    if (signedBy(signer, last) === null) return await this.#alarm(tenant, 'forged', size);
    const anchored = anchors.last(signer.name);
    if (anchored === null) return true;
    const known = signedBy(signer, anchored.size === size ? last : await checkpointAt(db, tenant, anchored.size));
    if (!known?.root.equals(anchored.root)) return await this.#alarm(tenant, 'rolled_back', size);
    // Whether its hashes are as they were is seen by a turn.
    if (this.#refused.get(tenant) !== 'altered') this.#refused.delete(tenant);
    return true;
  }

  async #anchor(tenant: string, size: number): Promise<void> {
    const { db, anchors, signerOf } = this.#deps;
    const signer = signerOf(tenant);
    // A file that is new gets the whole history; without one the newest says what there is to remember.
    const first = anchors.isKept ? 0 : size - 1;
    for (let from = anchors.last(signer.name)?.size ?? first; from < size; ) {
      const next = await checkpointsAfter(db, tenant, from, ANCHORS_MAX);
      const ours = next.map((stored) => signedBy(signer, stored)).filter((one) => one !== null);
      await anchors.append(signer.name, verifierKey(signer), ours);
      from = next.at(-1)?.size ?? size;
    }
  }

  async #turn(tenant: string): Promise<boolean> {
    const { anchors, signerOf, metrics, clock } = this.#deps;
    const signer = signerOf(tenant);
    const startedAt = clock.monotonic();
    const deps = { ...this.#deps, perProducerMax: PER_PRODUCER_MAX };
    const turn = await sequence(deps, tenant, signer, anchors.last(signer.name));
    if (turn.kind === 'refused') await this.#alarm(tenant, turn.why, turn.size);
    if (turn.kind !== 'appended') return false;
    this.#refused.delete(tenant);
    metrics.sequenced(turn.entries.length, (clock.monotonic() - startedAt) / 1000);
    for (const { occurredAt } of turn.entries) metrics.logLag((clock.now() - occurredAt.getTime()) / 1000);
    await this.#anchor(tenant, turn.size);
    return turn.isFull;
  }

  /** Loud, and on record once: nothing is added to a log that is not the one that was signed. */
  async #alarm(tenant: string, why: Refusal, size: number): Promise<false> {
    if (this.#refused.get(tenant) === why) return false;
    const { anchors, signerOf, own, log, metrics } = this.#deps;
    const { name } = signerOf(tenant);
    const anchored = anchors.last(name)?.size ?? size;
    log.error('log_refused', { tenant, why, origin: name, database: size, anchored });
    this.#refused.set(tenant, why);
    metrics.refusedLogs(this.#refused.size);
    const range = { from_seq: Math.min(size, anchored), to_seq: Math.max(size, anchored) };
    await own.write(async (_, note) => note('audit_gap', tenant, { producer: name, ...range, reason: why }));
    return false;
  }
}
