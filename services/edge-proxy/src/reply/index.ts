/**
 * Replies on their way: read for what they cost and call, judged before what a rule forbids can leave. Nothing here knows of
 * connections; `stages/relay.ts` moves the bytes. For tests and benchmarks that need no edge around it.
 */
export { buildPolicies, type EdgePolicy } from '../tables/edge-policy.ts';
export { type OpenReply, openReply } from './open-reply.ts';
export { replacementOf } from './replacement.ts';
export { ReplyPipe } from './reply-pipe.ts';
export type { ReplyStop, ReplyVerdict } from './verdict.ts';
