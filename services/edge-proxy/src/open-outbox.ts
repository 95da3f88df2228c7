/** Where the records of this process wait: in `<dataDir>/spool`, or in memory where there is no data folder. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS } from '@elida/contracts';
import { type Clock, type Log, uuidv7 } from '@elida/kernel';
import type { EdgeConfig } from './config.ts';
import type { AuditQueue } from './ports.ts';
import { MemoryOutbox } from './spool/memory-outbox.ts';
import { Spool } from './spool/open-spool.ts';
import type { Outbox } from './spool/outbox.ts';

export interface OutboxDeps {
  readonly audit: AuditQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Records were sent that are not on disk. */
  readonly atRisk: (count: number) => void;
}

/** Never rejects: a disk that takes nothing is told, and where the record is strict no exchange begins. */
export async function openOutbox(config: EdgeConfig, deps: OutboxDeps): Promise<Outbox> {
  const { edgeId, dataDir, spool, events, auditQueueMax: max = LIMITS.auditQueueMax.value } = config;
  // Of one process, because numbers begin at 1; a chain on disk goes on under the name that it has.
  const producer = `${edgeId}/${uuidv7(deps.clock.now())}`;
  const inMemory = (promises: boolean): Outbox => new MemoryOutbox({ ...deps, producer, max, promises });
  if (dataDir === '' || spool === undefined || !events) return inMemory(true);
  try {
    const { fsync, bytes_max: bytesMax } = spool;
    const salt = randomBytes(4).readUInt32BE();
    return await Spool.open({ ...deps, folder: join(dataDir, 'spool'), fsync, bytesMax, max, producer, salt });
  } catch (error) {
    deps.log.error('spool_unavailable', { error });
    return inMemory(false);
  }
}
