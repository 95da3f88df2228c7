/** The tree of commands. One file a command. */
import { Command } from 'commander';
import { group } from './command-group.ts';
import { blocksCommands } from './commands/blocks.ts';
import { keysCommands } from './commands/keys.ts';
import { policiesCommands } from './commands/policies.ts';
import { recordCommands } from './commands/record.ts';
import { serviceCommands } from './commands/services.ts';
import { sessionsCommands } from './commands/sessions.ts';
import { standalone } from './commands/standalone.ts';
import { validateConfig } from './commands/validate-config.ts';
import { violationsCommands } from './commands/violations.ts';
import type { Shell } from './shell.ts';

const EXIT_CODES = `
Exit codes: 0 ok · 1 failed · 2 usage or configuration · 3 not found · 4 not allowed · 5 unavailable`;

export function buildProgram(shell: Shell, version: string): Command {
  const program = new Command('elida')
    .description('ELIDA, a session border controller for AI agents')
    .version(version, '-V, --version')
    // What follows a command's name is that command's own: `audit` has flags that its commands have too.
    .enablePositionalOptions()
    .addHelpText('after', EXIT_CODES);
  for (const command of [
    standalone(shell, version),
    ...serviceCommands(shell),
    group('sessions', 'See, stop and resume sessions', sessionsCommands(shell)),
    group('violations', 'What rules found', violationsCommands(shell)),
    group('blocks', 'Standing blocks', blocksCommands(shell)),
    group('policies', 'What is inspected, and what follows', policiesCommands(shell)),
    ...recordCommands(shell),
    group('keys', 'API keys', keysCommands(shell)),
    validateConfig(shell),
  ]) {
    program.addCommand(command);
  }
  return withErrors(program, shell);
}

/** Usage errors are thrown, not exited on, so that main gives the documented code; they show where help is. */
function withErrors(command: Command, shell: Shell): Command {
  command
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({
      writeOut: (text) => shell.streams.out.write(text),
      writeErr: (text) => shell.streams.err.write(text),
    });
  for (const child of command.commands) withErrors(child, shell);
  return command;
}
