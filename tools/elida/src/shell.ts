/** What a command has of the world around it; tests bring their own. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import type { Client } from '@elida/client';
import type { Environment } from '@elida/kernel';
import { Command, Option } from 'commander';
import { type ConnectionFlags, connect } from './connection.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { createScreen, type Screen, type ScreenStreams } from './terminal/screen.ts';

export interface Shell {
  readonly environment: Environment;
  readonly streams: ScreenStreams;
  /** Aborted by Ctrl-C: what watches ends. */
  readonly signal: AbortSignal;
  ask(question: string): Promise<string>;
  /** All that comes on standard input. */
  input(): Promise<string>;
}

export function processShell(): Shell {
  let stop: AbortController | null = null;
  return {
    environment: process.env,
    streams: {
      out: process.stdout,
      err: process.stderr,
      in: process.stdin,
      noColor: (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb',
    },
    // Only who asks for it takes Ctrl-C away from the system.
    get signal() {
      if (stop) return stop.signal;
      const controller = new AbortController();
      stop = controller;
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
      return controller.signal;
    },
    input: () => text(process.stdin),
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}

export interface RemoteFlags extends ConnectionFlags {
  readonly json?: boolean;
}

export interface Remote {
  readonly client: Client;
  readonly screen: Screen;
}

/** A command that talks to a control plane. */
export function remoteCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--url <url>', 'control plane (ELIDA_CONTROL_URL)'))
    .addOption(new Option('--key <key>', 'API key (ELIDA_CONTROL_KEY)'))
    .addOption(new Option('--data-dir <dir>', 'data folder of a running standalone (ELIDA_DATA_DIR)'))
    .addOption(new Option('--json', 'for programs: JSON on stdout'));
}

export const remote = (shell: Shell, flags: RemoteFlags): Remote => ({
  client: connect(flags, shell.environment),
  screen: createScreen(flags.json === true, shell.streams),
});

/** @throws CommandError where nobody can be asked, or the answer is no. */
export async function confirm(shell: Shell, screen: Screen, question: string): Promise<void> {
  if (!screen.interactive) throw new CommandError(`${question} Say --yes to go on without being asked.`, EXIT.usage);
  const answer = await shell.ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was changed');
}
