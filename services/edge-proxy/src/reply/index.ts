/**
 * Replies on their way: read for what they cost and call, judged before what a rule forbids can leave. Nothing here knows of
 * connections: `stages/relay.ts` moves the bytes.
 */
export { buildPolicies, type EdgePolicy } from '../tables/edge-policy.ts';
export { type OpenReply, openReply } from './open-reply.ts';
export { replacementOf } from './replacement.ts';
export { ReplyPipe, type ReplySink } from './reply-pipe.ts';
export { ReplyReport } from './reply-report.ts';
export type { ReplyStop, ReplyVerdict } from './verdict.ts';
