/** What the control plane needs from the world, in its own words. */
import type { Ack, AuditEvent, Snapshot } from '@elida/contracts';
import type { Database } from '@elida/postgres';
import type { SessionDirectory } from '@elida/session';
import type { Kysely } from 'kysely';

export type { SessionDirectory };
export type Db = Kysely<Database>;

/** Rings the edges and hears them. Lossy both ways; the order stream in the store is the reconcile path. */
export interface ControlBell {
  /** An encoded SignedOrder. Resolves when handed to the wire; rejects where the bus is gone. */
  ringOrder(signed: Uint8Array): Promise<void>;
  ringSnapshot(version: number, hash: string): Promise<void>;
  onAck(handler: (ack: Ack) => void): void;
  onLive(handler: (event: AuditEvent) => void): void;
  connected(): boolean;
}

/** What an edge in the same process is given (over HTTP: /internal/v1). */
export interface SnapshotSource {
  /** @returns null where `etag` (the snapshot's hash) is still current. @throws Fault not_ready. */
  fetch(etag: string): Promise<Snapshot | null>;
  /** @throws Fault not_found. */
  backendKey(keyRef: string): Promise<string>;
}
