/** The `elida` command: arguments in, exit code out. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { describeError, EXIT, errorAsJson, exitCodeOf } from './exit-code.ts';
import { buildProgram } from './program.ts';
import { processShell } from './shell.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const shell = processShell();

// `elida sessions list | head`: the reader may go first.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

try {
  await buildProgram(shell, version).parseAsync(process.argv);
} catch (error) {
  // Commander has already said what was wrong; help and version are no mistakes.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  const json = process.argv.includes('--json');
  process.stderr.write(`${json ? errorAsJson(error) : `elida: ${describeError(error)}`}\n`);
  process.exit(exitCodeOf(error));
}
