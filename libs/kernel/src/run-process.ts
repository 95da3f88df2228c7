/** The life of a service's process: started, said to be ready, closed on SIGTERM or Ctrl-C, gone. */
import { ConfigError, printProblems } from './config/problem.ts';

export interface Running {
  /** For programs: one line of JSON, `ready: true` and the process id first. */
  readonly line: Readonly<Record<string, unknown>>;
  /** For people. */
  readonly said: string;
  /** Which of both stdout gets. */
  readonly json: boolean;
  close(): Promise<void>;
}

/** As the `elida` command documents them. */
const EXIT = { done: 0, failed: 1, misconfigured: 2 } as const;

/** Never returns: the process ends with 0 after a signal, with 2 where its configuration is wrong, else with 1. */
export async function runProcess(start: () => Promise<Running>): Promise<never> {
  // A second signal changes nothing: closing has its own end.
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  try {
    const running = await start();
    const ready = { ready: true, pid: process.pid, ...running.line };
    process.stdout.write(`${running.json ? JSON.stringify(ready) : running.said}\n`);
    await told;
    await running.close();
  } catch (error) {
    const isConfig = error instanceof ConfigError;
    process.stderr.write(`${isConfig ? printProblems(error.problems) : String(error)}\n`);
    process.exit(isConfig ? EXIT.misconfigured : EXIT.failed);
  }
  process.exit(EXIT.done);
}
