/** The control plane as a process of its own: environment in, one ready line out, closed on SIGTERM. */
import { runProcess } from '@elida/kernel';
import { readControlConfig } from './config.ts';
import { controlFromEnvironment } from './from-environment.ts';

await runProcess(async () => {
  const config = readControlConfig(process.env);
  const control = await controlFromEnvironment(config);
  const { url, metricsUrl: metrics } = control;
  const line = { version: config.version, control: url, url, metrics };
  return { json: config.json, said: `The control plane listens on ${url}`, line, close: () => control.close() };
});
