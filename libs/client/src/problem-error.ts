/** A refusal of the control plane, as it was sent (RFC 9457), or the failure to reach it. */
import type { Problem } from '@elida/contracts/api';

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.detail || problem.title, options);
    this.name = 'ProblemError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
  /** HTTP status; 0 where there was no answer. */
  get status(): number {
    return this.problem.status;
  }
}

const field = (body: unknown, key: string): unknown =>
  body !== null && typeof body === 'object' ? (body as Record<string, unknown>)[key] : undefined;
const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** @param body what came, whatever it is: a proxy in between may have answered. */
export function problemFrom(status: number, body: unknown): ProblemError {
  const errors = field(body, 'errors');
  return new ProblemError({
    type: text(field(body, 'type'), 'about:blank'),
    title: text(field(body, 'title'), `HTTP ${status}`),
    status,
    detail: text(field(body, 'detail'), text(field(body, 'message'), '')),
    code: text(field(body, 'code'), 'unknown'),
    request_id: text(field(body, 'request_id'), ''),
    errors: Array.isArray(errors) ? (errors as Problem['errors']) : [],
  });
}

/** Nobody answered: refused connection, time-out, broken line. */
export const unreachable = (url: string, cause: unknown): ProblemError =>
  new ProblemError(
    {
      type: 'about:blank',
      title: 'The control plane could not be reached',
      status: 0,
      detail: `no answer from ${url}`,
      code: 'unreachable',
      request_id: '',
      errors: [],
    },
    { cause },
  );
