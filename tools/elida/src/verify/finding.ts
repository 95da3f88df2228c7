/** What is wrong with an export, by name. docs/audit-log.md explains each. */
export type FindingName =
  | 'altered'
  | 'deleted'
  | 'truncated'
  | 'stream_deleted'
  | 'reordered'
  | 'replayed'
  | 'checkpoint_forged'
  | 'retention_forged'
  | 'key_replaced'
  | 'rolled_back'
  | 'uncovered'
  | 'disclosure_forged'
  | 'clock_skew'
  | 'malformed';

export interface Finding {
  readonly name: FindingName;
  /** Origin of the log; the file where it has none. */
  readonly log: string;
  /** Leaves that it concerns, `to` excluded; equal where it concerns none. */
  readonly from: number;
  readonly to: number;
  readonly detail: string;
}

export interface LogReport {
  readonly origin: string;
  readonly tenant: string;
  readonly exported_at: string;
  /** Leaves of the log, with those that are gone. */
  readonly size: number;
  /** Leaves whose bytes were read and hashed. */
  readonly leaves: number;
  /** Leaves that retention statements name. */
  readonly removed: number;
  /** Leaves outside of what was exported. */
  readonly outside: number;
  /** Checkpoints whose root the leaves lead to. */
  readonly checkpoints: number;
  /** Those of the checkpoint file among them. */
  readonly anchored: number;
  /** Of the checkpoint file: fall where leaves are gone. */
  readonly uncheckable: number;
  /** Of the checkpoint file: signed after the export was made. */
  readonly newer: number;
  /** Values that no disclosure opens. */
  readonly hidden: number;
  readonly key: string;
  /** Who says that this is the key. */
  readonly key_from: 'option' | 'checkpoint file' | 'export';
  /** Numbers of a producer between its first and last that are not in this log. */
  readonly gaps: readonly { readonly producer: string; readonly from: number; readonly to: number }[];
}

export interface VerifyReport {
  readonly valid: boolean;
  readonly logs: readonly LogReport[];
  readonly findings: readonly Finding[];
}
