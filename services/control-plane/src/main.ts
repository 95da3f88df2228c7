/** The control plane as a process of its own: environment in, one ready line out, closed on SIGTERM. */
import { ConfigError, printProblems } from '@elida/kernel';
import { readControlConfig } from './config.ts';
import { controlFromEnvironment } from './from-environment.ts';

async function run(): Promise<void> {
  const config = readControlConfig(process.env);
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  const control = await controlFromEnvironment(config);
  const { url, metricsUrl: metrics } = control;
  const line = { ready: true, version: config.version, control: url, url, metrics, pid: process.pid };
  process.stdout.write(config.json ? `${JSON.stringify(line)}\n` : `The control plane listens on ${url}\n`);
  await told;
  await control.close();
}

try {
  await run();
  process.exit(0);
} catch (error) {
  const said = error instanceof ConfigError ? printProblems(error.problems) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
}
