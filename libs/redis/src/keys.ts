/** Key names (docs/architecture.md). What stands in braces is hashed: a script touches keys of one hash slot only (Redis Cluster). */
const SHARDS = 16;
export const SHARD_LIST: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

export const sessionKey = (sid: string): string => `elida:{s:${sid}}`;
/** Ended incarnations that nobody has recorded yet, beside the one that runs. */
export const endedKey = (sid: string): string => `elida:{s:${sid}}:ended`;
/** Token bucket, sliding windows, inspected heads. */
export const watchKey = (sid: string): string => `elida:{s:${sid}}:watch`;
/** Findings that the session id has seen. */
export const foundKey = (sid: string): string => `elida:{s:${sid}}:found`;
export const kidsKey = (sid: string): string => `elida:{s:${sid}}:kids`;

export const dueKey = (shard: number): string => `elida:{due:${shard}}:at`;
export const liveKey = (shard: number): string => `elida:{due:${shard}}:live`;
/** A session in the due and live indexes. */
export const member = (tenant: string, sid: string): string => `${tenant}/${sid}`;
export const sidOf = (indexed: string): string => indexed.slice(indexed.lastIndexOf('/') + 1);

export const namesKey = (tenant: string, displayName: string): string => `elida:{names}:${tenant}/${displayName}`;

/** Which session gave a reply. @param replyKey `rep_…`, keyed hash of the provider's id. */
export const replyKeyOf = (replyKey: string): string => `elida:{r:${replyKey}}`;

/** Where a principal stands on the ladder. */
export const principalKey = (tenant: string, principal: string): string => `elida:{p:${tenant}/${principal}}:risk`;

export const BLOCKS = 'elida:{ctl}:blocks';
export const EPOCH = 'elida:{ctl}:epoch';
export const ORDERS = 'elida:{ctl}:orders';
export const EDGES = 'elida:{ctl}:edges';

/** FNV-1a over the session id: every process agrees. */
export function shardOf(sid: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < sid.length; i++) hash = Math.imul(hash ^ sid.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}
