/** The audit queue on Redis: one BullMQ job a batch, under a prefix of its own. */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { type Log, silentLog } from '@elida/kernel';
import { type JobsOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type AuditConsumer, type AuditProducer, backOffMs } from './audit-queue.ts';
import { THROUGH_TTL_SECONDS, throughKey } from './watermark.ts';

/** Braces: all keys of the queue lie in one hash slot (Redis Cluster). */
export const PREFIX = '{elida-q}';
const NAME = 'audit';
/** BullMQ counts attempts; a batch is never given up. */
export const FOR_EVER = Number.MAX_SAFE_INTEGER;

const JOB: JobsOptions = { attempts: FOR_EVER, backoff: { type: 'custom' }, removeOnComplete: true };

/** In base64, because a job is JSON: `z` compressed with Zstandard (RFC 8878), `b` as it is, as jobs of before have it. */
type Batch = { readonly z: string } | { readonly b: string };

/** Events are much alike: a third of the bytes, and of the memory of the Redis that sessions live in. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Of one batch. What claims to be longer is none. */
const BATCH_BYTES_MAX = 64 * 1024 * 1024;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const pack = async (batch: Uint8Array): Promise<Batch> => ({ z: (await compress(batch, LEVEL)).toString('base64') });

const isBatch = (job: unknown): job is Batch =>
  typeof job === 'object' &&
  job !== null &&
  (('z' in job && typeof job.z === 'string') || ('b' in job && typeof job.b === 'string'));

/** What cannot be opened is handed on as it is: the worker parks what is no batch. */
async function unpack(job: unknown): Promise<Uint8Array> {
  if (!isBatch(job)) return Buffer.from(JSON.stringify(job) ?? '');
  if (!('z' in job)) return Buffer.from(job.b, 'base64');
  const bytes = Buffer.from(job.z, 'base64');
  return decompress(bytes, { maxOutputLength: BATCH_BYTES_MAX }).catch(() => bytes);
}

export interface BullQueueOptions {
  /** redis:// or rediss:// */
  readonly redisUrl: string;
  readonly log?: Log;
  /** `send` rejects after this long at the latest, ms. */
  readonly waitMs?: number;
  /** Batches in the queue from which on `send` rejects: a backlog must not fill the store that sessions live in. */
  readonly depthMax?: number;
}

const DEPTH_LOOK_MS = 1_000;
/** Longer than any insert takes, shorter than the grace of a pod. */
const CLOSE_MS = 10_000;
const PUBLISH_MS = 1_000;
/** Batches on their way at once: a frozen Redis must not make them pile up here. */
const SENDING_MAX = 16;

/** @param maxRetriesPerRequest 0: a producer, which hears at once that Redis is gone. null: a consumer, which waits. */
export const redisFor = (redisUrl: string, log: Log, maxRetriesPerRequest: 0 | null): Redis => {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest,
    enableOfflineQueue: maxRetriesPerRequest === null,
    autoResendUnfulfilledCommands: maxRetriesPerRequest === null,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 1_000),
    connectTimeout: 2_000,
    disableClientInfo: true,
  });
  let told = false;
  redis.on('error', (error) => {
    if (!told) log.warn('audit_queue_connection_error', { error });
    told = true;
  });
  redis.on('ready', () => {
    told = false;
  });
  return redis;
};

export function createBullAuditQueue(options: BullQueueOptions): AuditProducer {
  const { redisUrl, log = silentLog, waitMs = 1_000, depthMax = 4_000 } = options;
  const redis = redisFor(redisUrl, log, 0);
  const queue = new Queue<Batch>(NAME, {
    connection: redis,
    prefix: PREFIX,
    defaultJobOptions: JOB,
  });
  queue.on('error', (error) => log.debug('audit_queue_error', { error }));
  let depth = 0;
  let lookedAt = 0;
  // One for all who wait.
  let connecting: Promise<void> | null = null;
  let sending = 0;

  const look = async (): Promise<void> => {
    const now = performance.now();
    if (lookedAt > 0 && now - lookedAt < DEPTH_LOOK_MS) return;
    lookedAt = now;
    depth = await depthOf(queue);
  };
  const add = async (batch: Uint8Array): Promise<void> => {
    if (redis.status !== 'ready') {
      connecting ??= untilReady(redis).finally(() => {
        connecting = null;
      });
      await connecting;
    }
    await look();
    if (depth >= depthMax) throw new Error(`the audit queue is full: ${depth} batches`);
    await queue.add(NAME, await pack(batch));
  };

  return {
    send(batch) {
      if (sending >= SENDING_MAX) return Promise.reject(new Error('the audit queue does not answer'));
      sending++;
      const work = add(batch).finally(() => {
        sending--;
      });
      return within(waitMs, work);
    },
    async through(producer) {
      if (redis.status !== 'ready') throw new Error('Redis is not reachable');
      const through = await within(waitMs, redis.get(throughKey(producer)));
      return through === null ? null : Number(through);
    },
    async waiting() {
      if (redis.status !== 'ready') throw new Error('Redis is not reachable');
      return within(waitMs, depthOf(queue));
    },
    async close() {
      await queue.close().catch((error: unknown) => log.debug('audit_queue_error', { error }));
      redis.disconnect();
    },
  };
}

export interface BullSourceOptions {
  readonly redisUrl: string;
  readonly log?: Log;
  /** Batches in hand at once. */
  readonly concurrency?: number;
  /** A worker that has not renewed its hold on a batch for this long has lost it: another takes it, ms. */
  readonly lockMs?: number;
}

export function createBullAuditSource(options: BullSourceOptions): AuditConsumer {
  const { redisUrl, log = silentLog, concurrency = 4, lockMs = 15_000 } = options;
  const redis = redisFor(redisUrl, log, null);
  const queue = new Queue<Batch>(NAME, { connection: redis, prefix: PREFIX, skipMetasUpdate: true });
  queue.on('error', (error) => log.debug('audit_queue_error', { error }));
  let worker: Worker<Batch> | null = null;

  return {
    start(handler) {
      worker = new Worker<Batch>(NAME, async (job) => handler(await unpack(job.data)), {
        connection: redis,
        prefix: PREFIX,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        // A batch outlives any number of workers that died with it.
        maxStalledCount: FOR_EVER,
        removeOnComplete: { count: 0 },
        settings: { backoffStrategy: (attempt) => backOffMs(attempt) },
      });
      worker.on('error', (error) => log.debug('audit_worker_error', { error }));
      worker.on('failed', (job, error) => log.warn('audit_batch_failed', { error, attempt: job?.attemptsMade ?? 0 }));
    },
    async publish(marks) {
      if (marks.size === 0) return;
      if (redis.status !== 'ready') throw new Error('Redis is not reachable');
      const told = redis.pipeline();
      for (const [producer, through] of marks) told.set(throughKey(producer), through, 'EX', THROUGH_TTL_SECONDS);
      await within(PUBLISH_MS, told.exec());
    },
    async close() {
      // Batches in hand may finish. Where Redis is gone their end cannot be told to it, and telling would be tried for ever: another
      // worker takes them then.
      const isGone = redis.status !== 'ready';
      const closing = Promise.all([worker?.close(isGone), queue.close()]);
      await within(CLOSE_MS, closing).catch((error: unknown) => log.warn('audit_queue_left_open', { error }));
      redis.disconnect();
    },
    depth: () => within(1_000, depthOf(queue)),
  };
}

async function depthOf(queue: Queue<Batch>): Promise<number> {
  const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

const untilReady = (redis: Redis): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (): void => {
      redis.off('ready', settle);
      redis.off('close', settle);
      if (redis.status === 'ready') resolve();
      else reject(new Error('Redis is not reachable'));
    };
    redis.once('ready', settle);
    redis.once('close', settle);
  });

/** @throws where `work` takes longer: what becomes of it then is unknown, the caller tries again. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the audit queue did not answer within ${ms} ms`)), ms);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
