/** The edge as a process of its own: environment in, one ready line out, a drain on SIGTERM. */
import { randomBytes } from 'node:crypto';
import { ConfigError, printProblems } from '@elida/kernel';
import { readEdgeConfig } from './config.ts';
import { edgeFromEnvironment } from './from-environment.ts';

async function run(): Promise<void> {
  const config = readEdgeConfig(process.env, randomBytes(5));
  // A second signal changes nothing: the drain has its own end.
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  const edge = await edgeFromEnvironment(config);
  const line = { ready: true, proxy: edge.url, url: edge.url, metrics: edge.metricsUrl, pid: process.pid };
  process.stdout.write(config.json ? `${JSON.stringify(line)}\n` : `The edge listens on ${edge.url}\n`);
  await told;
  await edge.close();
}

try {
  await run();
  process.exit(0);
} catch (error) {
  const said = error instanceof ConfigError ? printProblems(error.problems) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
}
