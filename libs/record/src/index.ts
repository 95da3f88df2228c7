/**
 * The record: what an event and a session detail record say, and the log that proves it: leaves, Merkle tree, signed
 * checkpoints, exports. Pure; never I/O, a clock or a random id. What goes in must be redacted already: nothing here
 * looks for secrets.
 */
export { type CaptureBodies, captureBodies, isCaptureTruncated } from './capture-bodies.ts';
export { type Checkpoint, checkpointText, type Retention, readCheckpoint, retentionText } from './checkpoint.ts';
export * from './event.ts';
export type * from './event-data.ts';
export * from './exchange-spans.ts';
export {
  anchorLine,
  checkpointLine,
  type ExportHead,
  type ExportLeaf,
  headLine,
  leafLine,
  rangeLine,
  retentionLine,
} from './export.ts';
export { type OpenedEvent, openLeaf, type SealedEvent, sealEvent } from './leaf.ts';
export { type LogKeys, logSigners, type SignerOf } from './log-signer.ts';
export * from './merkle/index.ts';
export { ed25519Signer, type NoteSigner, openOwnNote, signNote, verifierKey } from './note.ts';
export * from './redact-record.ts';
export * from './sdr.ts';
export * from './sdr-events.ts';
export { decodeRecord, encodeRecord, type ReadRecord, withAttachment } from './sealed-record.ts';
export * from './span.ts';
