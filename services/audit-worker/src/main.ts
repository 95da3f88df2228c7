/** The audit worker as a process of its own: environment in, one ready line out, closed on SIGTERM. */
import { runProcess } from '@elida/kernel';
import { readAuditConfig } from './config.ts';
import { auditFromEnvironment } from './from-environment.ts';

await runProcess(async () => {
  const config = readAuditConfig(process.env);
  const worker = await auditFromEnvironment(config);
  const { metricsUrl: metrics } = worker;
  const said = `The audit worker serves its metrics on ${metrics}`;
  return { json: config.json, said, line: { version: config.version, metrics }, close: () => worker.close() };
});
