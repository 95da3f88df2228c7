/** The log of a tenant, its proofs, and what the record could not take or give away. Formats: docs/audit-log.md. */
import { z } from 'zod';
import { instant, nextCursor, pageQuery } from './page.ts';

const index = z.number().int().nonnegative();
const count = z.number().int();
const hash = z.base64().describe('SHA-256, 32 bytes');
const tenant = z.string().max(64);

export const checkpointView = z
  .object({
    size: index.describe('Leaves of the tree'),
    root: hash,
    at: instant,
    note: z.string().describe('The signed note'),
  })
  .meta({ id: 'Checkpoint' });
export type CheckpointView = z.output<typeof checkpointView>;

export const LOG_ALARMS = ['altered', 'unsigned', 'rolled_back', 'stalled'] as const;

export const logView = z
  .object({
    tenant,
    origin: z.string().describe('The name of the log, and of its key'),
    key: z.string().describe('The public key: name+id+key, as `elida verify --key` takes it'),
    size: index,
    root: hash,
    checkpoint: checkpointView.nullable().describe('The last one; null: nothing was signed yet'),
    waiting: count.describe('Events that have no place in the log yet'),
    lag_ms: count.describe('How long the oldest of them has waited; 0: none does'),
    removed: count.describe('Leaves that retention took; their hashes stay'),
    alarms: z.array(
      z.object({
        name: z
          .enum(LOG_ALARMS)
          .describe(
            '`altered`: the tree is not the one that was signed; `unsigned`: entries behind the last checkpoint; `rolled_back`: the database is older than what was signed; `stalled`: nobody gives events their place',
          ),
        at: instant,
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'Log' });
export type LogView = z.output<typeof logView>;

export const logList = z.object({ logs: z.array(logView) });
export const logQuery = z.strictObject({ tenant: tenant.optional() });

export const checkpointList = z.object({ checkpoints: z.array(checkpointView), next_cursor: nextCursor });
export const checkpointQuery = pageQuery.extend({ tenant: tenant.optional() });

export const inclusionProof = z
  .object({
    event_id: z.string(),
    tenant,
    origin: z.string(),
    key: z.string(),
    index,
    size: index.describe('Of the tree that the proof is for'),
    leaf_hash: hash.describe('As the tree has it'),
    leaf: z.base64().nullable().describe('The exact bytes that were hashed; null: retention took them'),
    root: hash,
    hashes: z.array(hash).describe('From the leaf up (RFC 6962 §2.1.1)'),
    note: z.string().nullable().describe('The signed note of this size; null: this size was not signed'),
  })
  .meta({ id: 'InclusionProof' });
export type InclusionProof = z.output<typeof inclusionProof>;
export const inclusionQuery = z.strictObject({
  size: z.coerce.number().int().min(1).optional().describe('Default: that of the last checkpoint'),
});

const treeHead = z.object({ size: index, root: hash, note: z.string().nullable() });
export const consistencyProof = z
  .object({
    tenant,
    origin: z.string(),
    key: z.string(),
    from: treeHead,
    to: treeHead,
    hashes: z.array(hash).describe('RFC 6962 §2.1.2'),
  })
  .meta({ id: 'ConsistencyProof' });
export type ConsistencyProof = z.output<typeof consistencyProof>;
export const consistencyQuery = z.strictObject({
  tenant: tenant.optional(),
  from: z.coerce.number().int().min(0),
  to: z.coerce.number().int().min(1).optional().describe('Default: the size of the last checkpoint'),
});

export const exportQuery = z.strictObject({
  tenant: tenant.optional().describe('Needed where the credential is confined to none and there are several logs'),
  since: instant.optional().describe('The smallest range of leaves with all that happened from then on'),
  until: instant.optional(),
  from: z.coerce.number().int().min(0).optional().describe('By index, instead of by time'),
  to: z.coerce.number().int().min(0).optional().describe('Excluded'),
});
export type ExportQuery = z.output<typeof exportQuery>;

export const parkedView = z
  .object({
    id: z.string(),
    bytes: count,
    error: z.string(),
    parked_at: instant,
    replay_requested_at: instant.nullable(),
    replayed_at: instant.nullable(),
  })
  .meta({ id: 'ParkedBatch' });
export type ParkedBatchView = z.output<typeof parkedView>;
export const parkedList = z.object({ parked: z.array(parkedView), next_cursor: nextCursor });
export const parkedQuery = pageQuery.extend({
  all: z.enum(['true', 'false']).default('false').describe('Also those that are stored by now'),
});

const ids = z.array(z.string().regex(/^\d{1,18}$/)).max(1_000);
export const parkedReplay = z.strictObject({ ids: ids.default([]).describe('Empty: all that are not stored') });
export const replayed = z.object({ replayed: count.describe('How many are tried again') });

export const deadLetterView = z
  .object({
    id: z.string(),
    sink: z.string(),
    session: z.string(),
    incarnation: z.number().int(),
    interim: z.boolean(),
    attempts: count,
    error: z.string(),
    died_at: instant,
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetterView = z.output<typeof deadLetterView>;
export const deadLetterList = z.object({ dead_letters: z.array(deadLetterView) });
export const deadLetterQuery = z.strictObject({
  sink: z.string().max(64).default(''),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const deadLetterReplay = z
  .strictObject({ ids: ids.min(1).optional(), sink: z.string().min(1).max(64).optional() })
  .refine(({ ids, sink }) => (ids === undefined) !== (sink === undefined), { message: 'name either ids or a sink' });
