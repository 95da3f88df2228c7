/** Every limit: value, unit, reason. Reaching one is an error of its own, never truncation. docs/limits.md is generated from it. */
export interface Limit {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'count';
  readonly reason: string;
}

const limit = (value: number, unit: Limit['unit'], reason: string): Limit => ({ value, unit, reason });

export const LIMITS = {
  headerBytesMax: limit(65_536, 'bytes', 'agents send long metadata headers; Node buffers them whole'),
  headerCountMax: limit(256, 'count', 'a request with more is not a client we know'),
  bodyBytesMax: limit(33_554_432, 'bytes', 'Anthropic accepts 32 MB; a larger body would be refused there anyway'),
  bufferedBytesMax: limit(536_870_912, 'bytes', 'bodies that are held at once; the pod has 1 GiB'),
  bodyReadMs: limit(120_000, 'ms', 'a slow upload on a bad line still ends'),
  headersReadMs: limit(15_000, 'ms', 'slowloris'),
  keepAliveMs: limit(75_000, 'ms', 'longer than the usual load balancer idles (60 s), so that it closes first'),
  connectionsMax: limit(20_000, 'count', 'file descriptors of one pod'),
  storeWaitMs: limit(250, 'ms', 'spec: a bounded wait, then 503'),
  ackWaitMs: limit(250, 'ms', 'spec: the API says who has not answered'),
  heldMax: limit(256, 'count', 'held requests keep a socket and a body each'),
  sseTailBytesMax: limit(1_048_576, 'bytes', 'an event that is longer is passed on as it comes'),
  judgedReplyBytesMax: limit(
    33_554_432,
    'bytes',
    'what waits until it is judged: a JSON reply, or of a stream the events of a call',
  ),
  meteredReplyBytesMax: limit(8_388_608, 'bytes', 'a longer JSON reply is passed on without its usage being read'),
  auditQueueMax: limit(50_000, 'count', 'a minute of load at 800 events/s'),
  auditBatchMax: limit(500, 'count', 'one BullMQ job per batch: 176k events/s measured'),
  settleSliceMax: limit(100, 'count', 'unsliced flushes put p99 at 7 ms'),
  hintBytesMax: limit(512, 'bytes', 'session hints of real clients are below 300 bytes'),
  tagsMax: limit(50, 'count', 'spec: tags ≤ 50, key ≤ 64, value ≤ 512'),
  controlBodyBytesMax: limit(1_048_576, 'bytes', 'policies are the largest thing that people send'),
  webSocketMessageBytesMax: limit(33_554_432, 'bytes', 'a Codex turn frame carries a whole request'),
  sessionModelsMax: limit(32, 'count', "models a session counts apart; the name is the caller's own word"),
  sessionToolsMax: limit(256, 'count', 'tools a session counts apart; agents with MCP servers have a hundred'),
  findingKeysMax: limit(1_024, 'count', 'findings a session remembers, so that each adds once'),
  inspectedHeadsMax: limit(8, 'count', 'conversations that one session leads side by side (sub-agents, titles)'),
  pageMax: limit(500, 'count', 'a page of sessions is read from Redis in one pipeline'),
} as const satisfies Record<string, Limit>;
