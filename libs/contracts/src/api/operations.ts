/** Every operation of the control plane's API. */
import type { CallOf, InputOf, Operation, ReplyOf } from './operation.ts';
import { CAPTURE_OPERATIONS } from './operations-captures.ts';
import { INSIGHT_OPERATIONS } from './operations-insight.ts';
import { POLICY_OPERATIONS } from './operations-policies.ts';
import { RECORD_OPERATIONS } from './operations-record.ts';
import { SESSION_OPERATIONS } from './operations-sessions.ts';
import { SETUP_OPERATIONS } from './operations-setup.ts';
import { WATCH_OPERATIONS } from './operations-watch.ts';

export const OPERATIONS = {
  ...SESSION_OPERATIONS,
  ...INSIGHT_OPERATIONS,
  ...CAPTURE_OPERATIONS,
  ...SETUP_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...WATCH_OPERATIONS,
  ...RECORD_OPERATIONS,
} as const satisfies Record<string, Operation>;

export type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
export type Call<N extends OperationName> = CallOf<Operations[N]>;
export type Input<N extends OperationName> = InputOf<Operations[N]>;
export type Reply<N extends OperationName> = ReplyOf<Operations[N]>;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];
