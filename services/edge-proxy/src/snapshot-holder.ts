/**
 * Holds the one snapshot that the edge executes: fetched on the doorbell and every second in case it was missed, compiled off
 * the hot path, swapped by reference, kept on disk for a start without the control plane. Provider keys stay in memory.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENGINE, type Snapshot, snapshotFromJson, snapshotToJson } from '@elida/contracts';
import { Fault, type Log } from '@elida/kernel';
import type { Doorbell, SnapshotSource } from './ports.ts';
import { buildPolicies } from './tables/edge-policy.ts';
import { buildTables, droppedPools, type Tables } from './tables/tables.ts';

const LOOK_EVERY_MS = 1_000;
const FILE = 'snapshot.json';

export interface SnapshotHolderOptions {
  readonly source: SnapshotSource;
  readonly doorbell: Pick<Doorbell, 'onSnapshot'>;
  /** Empty: nothing is kept on disk. */
  readonly dataDir: string;
  readonly log: Log;
  /** Gives a snapshot without backends something to talk to. */
  readonly complete: (snapshot: Snapshot) => Promise<Snapshot>;
}

export class SnapshotHolder {
  readonly #options: SnapshotHolderOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #keys = new Map<string, string>();
  #tables: Tables | null = null;
  #refused = '';
  #looking: Promise<void> | null = null;
  #fails = 0;
  #keysDue = false;

  constructor(options: SnapshotHolderOptions) {
    this.#options = options;
    options.doorbell.onSnapshot(() => void this.look());
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  get version(): number {
    return this.#tables?.version ?? 0;
  }

  /** @throws Fault not_ready before the first snapshot. */
  tables(): Tables {
    if (this.#tables === null) throw new Fault('not_ready', 'The edge has no configuration yet');
    return this.#tables;
  }

  get loaded(): boolean {
    return this.#tables !== null;
  }

  /** From the control plane, or from disk where it cannot be reached. Never rejects. */
  async start(): Promise<void> {
    await this.look();
    if (this.#tables === null) await this.#fromDisk();
  }

  /** Asks whether there is a newer one. Many at once ask once. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    for (const { pool } of this.#tables?.backends.values() ?? []) await pool.destroy();
  }

  async #look(): Promise<void> {
    const { source, log } = this.#options;
    try {
      const snapshot = await source.fetch(this.#refused || (this.#tables?.hash ?? ''));
      this.#fails = 0;
      if (snapshot !== null && snapshot.hash !== this.#tables?.hash) await this.#take(snapshot, true);
      else if (this.#keysDue && this.#last) await this.#take(this.#last, false);
    } catch (error) {
      // Once loudly; the last good one stays in force.
      if (this.#fails++ === 0) log.warn('snapshot_unreachable', { error, version: this.version });
    }
  }

  #last: Snapshot | null = null;

  /** A snapshot that cannot be executed is refused; what is in force stays. */
  async #take(snapshot: Snapshot, keep: boolean): Promise<void> {
    const { log } = this.#options;
    if (snapshot.minEngine > ENGINE) {
      this.#refused = snapshot.hash;
      log.error('snapshot_refused', { version: snapshot.version, needs: snapshot.minEngine, engine: ENGINE });
      return;
    }
    const before = this.#tables;
    try {
      await this.#fetchKeys(snapshot);
      const whole = await this.#options.complete(snapshot);
      const policies = await buildPolicies(whole.policies, before?.policies ?? []);
      this.#tables = buildTables(whole, this.#keys, before, policies);
    } catch (error) {
      this.#refused = snapshot.hash;
      log.error('snapshot_refused', { version: snapshot.version, error });
      return;
    }
    this.#refused = '';
    this.#last = snapshot;
    log.info('snapshot_in_force', {
      version: snapshot.version,
      hash: snapshot.hash,
      backends: snapshot.backends.length,
    });
    if (before !== null) {
      for (const pool of droppedPools(before, this.#tables)) {
        pool.close().catch((error: unknown) => log.warn('pool_close_failed', { error }));
      }
    }
    if (keep) await this.#toDisk(snapshot);
  }

  async #fetchKeys({ backends }: Snapshot): Promise<void> {
    this.#keysDue = false;
    for (const ref of new Set(backends.map(({ keyRef }) => keyRef).filter((ref) => ref !== ''))) {
      try {
        this.#keys.set(ref, await this.#options.source.backendKey(ref));
      } catch (error) {
        // Its backend refuses until a later look has the key.
        this.#keysDue = true;
        this.#options.log.warn('backend_key_unavailable', { ref, error });
      }
    }
  }

  async #fromDisk(): Promise<void> {
    const { dataDir, log } = this.#options;
    if (dataDir === '') return;
    try {
      const snapshot = snapshotFromJson(JSON.parse(await readFile(join(dataDir, FILE), 'utf8')));
      log.warn('snapshot_from_disk', { version: snapshot.version });
      await this.#take(snapshot, false);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.error('snapshot_unreadable', { error });
    }
  }

  async #toDisk(snapshot: Snapshot): Promise<void> {
    const { dataDir, log } = this.#options;
    if (dataDir === '') return;
    const path = join(dataDir, FILE);
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, JSON.stringify(snapshotToJson(snapshot)), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      log.warn('snapshot_not_kept', { error });
    }
  }
}
