/** The snapshot's types (proto/elida/snapshot/v1) and its JSON form, which travels over HTTP and lies on the edge's disk. */
import { create, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Snapshot, SnapshotSchema } from './gen/elida/snapshot/v1/snapshot_pb.js';

export type {
  Backend,
  Credential,
  Policy as SnapshotPolicy,
  Routing,
  Settings as EdgeSettings,
  Snapshot,
  Timeouts,
  TrustedNetwork,
} from './gen/elida/snapshot/v1/snapshot_pb.js';
export { SnapshotSchema };

/** What this build of the edge understands. A snapshot with a higher `min_engine` is refused. */
export const ENGINE = 2;

export const createSnapshot = (init: Parameters<typeof create<typeof SnapshotSchema>>[1]): Snapshot =>
  create(SnapshotSchema, init);
export const snapshotToJson = (snapshot: Snapshot): JsonValue => toJson(SnapshotSchema, snapshot);
/** @throws Error where the JSON is no snapshot. Unknown fields are ignored (additive changes only). */
export const snapshotFromJson = (json: JsonValue): Snapshot =>
  fromJson(SnapshotSchema, json, { ignoreUnknownFields: true });
