/** An operating error with two faces: `code` and `detail` for the caller, `cause` for the operator. */
import { FAULTS, type FaultCode, type FaultSpec } from '@elida/contracts';

export interface FieldError {
  readonly path: string;
  readonly message: string;
  /** Of a policy: in which of the documents that make it. */
  readonly layer?: string;
  /** From 1, where the body was a text. */
  readonly line?: number;
  readonly column?: number;
}

export class Fault extends Error {
  readonly code: FaultCode;
  /** Public: may be shown to the caller. */
  readonly detail: string;
  /** Seconds, for Retry-After. */
  readonly retryAfterS: number;
  /** Field errors of a body that does not fit its schema. */
  readonly errors: readonly FieldError[];

  constructor(
    code: FaultCode,
    detail?: string,
    options: { cause?: unknown; retryAfterS?: number; errors?: Fault['errors'] } = {},
  ) {
    super(`${code}: ${detail ?? FAULTS[code].title}`, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = detail ?? FAULTS[code].title;
    this.retryAfterS = options.retryAfterS ?? 1;
    this.errors = options.errors ?? [];
  }

  get spec(): FaultSpec {
    return FAULTS[this.code];
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault;
