/** The export queue on Redis: `export-<sink>`, beside the audit queue. */
import { type Log, silentLog } from '@elida/kernel';
import { Queue, Worker } from 'bullmq';
import { FOR_EVER, PREFIX, redisFor, within } from './bull.ts';
import { EXPORTS_AT_ONCE, type ExportQueue, exportBackOffMs } from './export-queue.ts';

export interface BullExportsOptions {
  readonly redisUrl: string;
  readonly log?: Log;
  /** Wait before attempt n + 1, ms. */
  readonly backOff?: (attempt: number) => number;
  /** A worker that has not renewed its hold on a job for this long has lost it, ms. */
  readonly lockMs?: number;
}

const ANSWER_MS = 1_000;
/** Longer than a sink may take. */
const CLOSE_MS = 10_000;

export function createBullExports(options: BullExportsOptions): ExportQueue {
  const { redisUrl, log = silentLog, backOff = exportBackOffMs, lockMs = 15_000 } = options;
  const redis = redisFor(redisUrl, log, null);
  const queues = new Map<string, Queue>();
  const workers: Worker[] = [];
  const queueOf = (sink: string): Queue => {
    const known = queues.get(sink);
    if (known) return known;
    const queue = new Queue(nameOf(sink), {
      connection: redis,
      prefix: PREFIX,
      defaultJobOptions: {
        attempts: FOR_EVER,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: true,
      },
    });
    queue.on('error', (error) => log.debug('export_queue_error', { error }));
    queues.set(sink, queue);
    return queue;
  };
  const reachable = (): void => {
    if (redis.status !== 'ready') throw new Error('Redis is not reachable');
  };

  return {
    async add(sink, ids) {
      reachable();
      // An id of the job: BullMQ adds none twice while it waits. (Its own are numbers, so ours are not.)
      const jobs = ids.map((id) => ({ name: sink, data: { id }, opts: { jobId: `d${id}` } }));
      await within(ANSWER_MS, queueOf(sink).addBulk(jobs));
    },
    async depth(sink) {
      reachable();
      const counting = queueOf(sink).getJobCounts('wait', 'active', 'delayed', 'prioritized');
      return Object.values(await within(ANSWER_MS, counting)).reduce((sum, count) => sum + count, 0);
    },
    work(sink, handler) {
      const worker = new Worker<{ id: string }>(nameOf(sink), (job) => handler(job.data.id), {
        connection: redis,
        prefix: PREFIX,
        concurrency: EXPORTS_AT_ONCE,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        maxStalledCount: FOR_EVER,
        settings: { backoffStrategy: (attempt) => backOff(attempt) },
      });
      worker.on('error', (error) => log.debug('export_worker_error', { error }));
      worker.on('failed', (job, error) => log.debug('export_failed', { error, attempt: job?.attemptsMade ?? 0 }));
      workers.push(worker);
    },
    async close() {
      const isGone = redis.status !== 'ready';
      const closing = Promise.all([
        ...workers.map((worker) => worker.close(isGone)),
        ...[...queues.values()].map((queue) => queue.close()),
      ]);
      await within(CLOSE_MS, closing).catch((error: unknown) => log.warn('export_queue_left_open', { error }));
      redis.disconnect();
    },
  };
}

const nameOf = (sink: string): string => `export-${sink}`;
