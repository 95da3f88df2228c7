/** Policies (versioned, immutable rows; content opaque here) and the snapshots that carry them to the edges. */
import { z } from 'zod';
import { OWNERS } from './backend-view.ts';
import { instant, nextCursor, pageQuery } from './page.ts';

export const policyBody = z.strictObject({ content: z.record(z.string(), z.unknown()) }).meta({ id: 'PolicyBody' });

export const policyView = z
  .object({
    name: z.string(),
    version: z.number().int(),
    owner: z.enum(OWNERS),
    author: z.string(),
    created_at: instant,
    content: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Policy' });
export const policyList = z.object({ policies: z.array(policyView.omit({ content: true })) });

export const snapshotView = z
  .object({
    version: z.number().int(),
    hash: z.string(),
    author: z.string(),
    note: z.string(),
    created_at: instant,
    current: z.boolean(),
  })
  .meta({ id: 'Snapshot' });
export const snapshotList = z.object({ snapshots: z.array(snapshotView), next_cursor: nextCursor });
export const snapshotQuery = pageQuery;
export const publishRequest = z.strictObject({ note: z.string().max(500).default('') });
export const rollbackRequest = z.strictObject({
  version: z.number().int().min(1),
  note: z.string().max(500).default(''),
});

export const snapshotStatus = z.object({
  version: z.number().int(),
  hash: z.string(),
  edges: z.array(
    z.object({
      edge: z.string(),
      url: z.string(),
      snapshot_version: z.number().int(),
      current: z.boolean(),
      inflight: z.number().int(),
      draining: z.boolean(),
      seen_at: instant,
    }),
  ),
});
