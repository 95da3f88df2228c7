/** Starts `elida standalone` as a newcomer's process would run, on free ports and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../tools/elida/bin/elida.mjs', import.meta.url));

export interface Standalone {
  readonly proxy: string;
  readonly control: string;
  readonly metrics: string;
  readonly pid: number;
  readonly folder: string;
  /** Everything the process wrote on stderr. */
  readonly log: () => string;
  stop(): Promise<void>;
}

export interface StandaloneOptions {
  /** YAML. */
  readonly config?: string;
  readonly folder?: string;
  readonly arguments?: readonly string[];
}

/** The first line of stdout, or a rejection with what the process said before it ended. */
async function readyLine(child: ChildProcess, log: () => string): Promise<Record<string, unknown>> {
  if (!child.stdout) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as Record<string, unknown>));
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}:\n${log()}`)));
  });
}

export async function startStandalone(options: StandaloneOptions = {}): Promise<Standalone> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'elida test ')));
  const config = join(folder, 'elida.yaml');
  await writeFile(config, options.config ?? '{}\n');
  const ports = ['--port', '0', '--control-port', '0', '--metrics-port', '0'];
  const flags = ['--config', config, '--data-dir', join(folder, 'data'), '--json'];
  const child = spawn(process.execPath, [COMMAND, 'standalone', ...ports, ...flags, ...(options.arguments ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await readyLine(child, () => text);
  return {
    proxy: String(ready.proxy),
    control: String(ready.control),
    metrics: String(ready.metrics),
    pid: Number(ready.pid),
    folder,
    log: () => text,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      if (!options.folder) await rm(folder, { recursive: true, force: true });
    },
  };
}
