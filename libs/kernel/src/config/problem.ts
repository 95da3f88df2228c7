/** What is wrong with a configuration. All problems are gathered before anybody is told. */
export interface ConfigProblem {
  /** From 1; 0 where the place is no line of a file (environment, flag, whole file). */
  readonly line: number;
  readonly column: number;
  /** `backends.openai.url`, `ELIDA_PORT`, `--port`. */
  readonly path: string;
  readonly message: string;
}

export const problemAt = (path: string, message: string): ConfigProblem => ({ line: 0, column: 0, path, message });

/** `elida.yaml:12:5 backends.openai.url: …`, one problem a line. Values are never quoted: they may be secrets. */
export function printProblems(problems: readonly ConfigProblem[], source = ''): string {
  return problems
    .map((problem) => {
      const place =
        problem.line > 0 ? `${source || 'line '}${source ? ':' : ''}${problem.line}:${problem.column} ` : '';
      return `${place}${problem.path ? `${problem.path}: ` : ''}${problem.message}`;
    })
    .join('\n');
}

/** A process cannot start with this configuration. `main` prints the message and exits; nothing else catches it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], source = '') {
    super(printProblems(problems, source));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
