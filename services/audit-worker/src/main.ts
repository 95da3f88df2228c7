/** The audit worker as a process of its own: environment in, one ready line out, closed on SIGTERM. */
import { ConfigError, printProblems } from '@elida/kernel';
import { readAuditConfig } from './config.ts';
import { auditFromEnvironment } from './from-environment.ts';

async function run(): Promise<void> {
  const config = readAuditConfig(process.env);
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  const worker = await auditFromEnvironment(config);
  const line = { ready: true, version: config.version, metrics: worker.metricsUrl, pid: process.pid };
  const said = config.json ? JSON.stringify(line) : `The audit worker serves its metrics on ${worker.metricsUrl}`;
  process.stdout.write(`${said}\n`);
  await told;
  await worker.close();
}

try {
  await run();
  process.exit(0);
} catch (error) {
  const said = error instanceof ConfigError ? printProblems(error.problems) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
}
