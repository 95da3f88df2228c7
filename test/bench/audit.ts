/**
 * Events a second through the audit worker, from the queue to a signed checkpoint that covers them, and the worker's own
 * CPU per event: reading, storing, hashing, signing.
 */
import { cpuUsage } from 'node:process';
import { silentLog } from '@elida/kernel';
import { logSize, migrate, openDatabase } from '@elida/postgres';
import { startPostgres } from '@elida/repo';
import { auditBatch, newSessionId, startAudit } from '../harness/audit.ts';

const EVENTS = 100_000;
/** Events in a batch: what edges send when busy, and when not. */
const SIZES = [500, 50, 5];
/** Spec: sustained, per core of the worker. Judged by its CPU: what else the machine does moves the wall clock only. */
const BAR = 5_000;

const postgres = await startPostgres({ own: true });
try {
  const db = openDatabase({ url: postgres.url, log: silentLog });
  await migrate(db);
  // As in a process of its own: a turn of the log each second.
  const worker = await startAudit({ databaseUrl: postgres.url, logEveryMs: 1_000 });
  process.stdout.write('batch   events/s   worker CPU µs/event   events/s per core\n');
  let missed = false;
  for (const size of SIZES) {
    const total = size >= 500 ? EVENTS : EVENTS / 10;
    const session = newSessionId();
    const batches = Array.from({ length: total / size }, (_, n) => auditBatch(session, n * size + 1, size));
    const before = await logSize(db, 'default');
    const [began, cpu] = [performance.now(), cpuUsage()];
    for (const batch of batches) {
      while (!(await accepted(worker.queue.send(batch)))) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    while ((await logSize(db, 'default')) < before + total) await new Promise((resolve) => setTimeout(resolve, 50));
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = cpuUsage(cpu);
    const perEvent = (user + system) / total;
    missed ||= 1e6 / perEvent < BAR;
    process.stdout.write(
      `${String(size).padStart(5)}  ${(total / seconds).toFixed(0).padStart(9)}  ${perEvent.toFixed(1).padStart(20)}  ${(1e6 / perEvent).toFixed(0).padStart(18)}\n`,
    );
  }
  process.stdout.write(`bar: ${BAR} events/s per core: ${missed ? 'missed' : 'met'}\n`);
  process.exitCode = missed ? 1 : 0;
  await worker.close();
  await db.destroy();
} finally {
  await postgres.stop();
}

/** The queue in memory is bounded, as the real one is. */
async function accepted(sent: Promise<void>): Promise<boolean> {
  return sent.then(
    () => true,
    () => false,
  );
}
