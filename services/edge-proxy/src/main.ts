/** The edge as a process of its own: environment in, one ready line out, a drain on SIGTERM. */
import { randomBytes } from 'node:crypto';
import { runProcess } from '@elida/kernel';
import { readEdgeConfig } from './config.ts';
import { edgeFromEnvironment } from './from-environment.ts';

await runProcess(async () => {
  const config = readEdgeConfig(process.env, randomBytes(5));
  const edge = await edgeFromEnvironment(config);
  const { url, metricsUrl: metrics } = edge;
  const line = { proxy: url, url, metrics };
  return { json: config.json, said: `The edge listens on ${url}`, line, close: () => edge.close() };
});
