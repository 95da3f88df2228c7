import type { Parts } from '../parts.ts';
import { listDeadLetters } from './list-dead-letters/handler.ts';
import { listParked } from './list-parked/handler.ts';
import { replayDeadLetters } from './replay-dead-letters/handler.ts';
import { replayParked } from './replay-parked/handler.ts';

export const auditHandlers = (parts: Parts) => ({
  listParked: listParked(parts),
  replayParked: replayParked(parts),
  listDeadLetters: listDeadLetters(parts),
  replayDeadLetters: replayDeadLetters(parts),
});
