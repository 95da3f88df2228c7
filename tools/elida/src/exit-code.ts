/** Exit codes of the `elida` command, and the one place where an error becomes a message and a code. */
import { ProblemError } from '@elida/client';
import { ConfigError } from '@elida/kernel';

export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, notAllowed: 4, unavailable: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot do what was asked, and the message says all there is to say: no stack trace. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof ConfigError) return EXIT.usage;
  if (!(error instanceof ProblemError)) return EXIT.failed;
  const { status } = error;
  if (status === 0 || status === 429 || status >= 502) return EXIT.unavailable;
  if (status === 401 || status === 403) return EXIT.notAllowed;
  if (status === 404) return EXIT.notFound;
  return status === 400 || status === 422 ? EXIT.usage : EXIT.failed;
}

/** For people. An error that nobody expected keeps its stack: it is a bug, and the report needs it. */
export function describeError(error: unknown): string {
  if (error instanceof ProblemError) {
    const fields = error.problem.errors.map(({ path, message }) => `\n  ${path}: ${message}`).join('');
    const hint =
      error.status === 0
        ? ' (is `elida standalone` running? --url or ELIDA_CONTROL_URL names another)'
        : error.status === 401
          ? ' (--key or ELIDA_CONTROL_KEY)'
          : '';
    return `${error.message}${hint}${fields}`;
  }
  if (error instanceof CommandError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** For programs: one JSON object on stderr. */
export function errorAsJson(error: unknown): string {
  if (error instanceof ProblemError) return JSON.stringify({ error: error.problem });
  if (error instanceof ConfigError) return JSON.stringify({ error: { code: 'config', problems: error.problems } });
  return JSON.stringify({ error: { code: 'failed', detail: error instanceof Error ? error.message : String(error) } });
}
