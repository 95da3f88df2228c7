/** What of a request has not been inspected before, against the rules: each text by itself, and the parts of a message together. */
import type { Segment } from '@elida/dialects';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import { joinedOf } from './joined.ts';
import type { Pace } from './pace.ts';
import { newTexts } from './rule-input.ts';
import { scanJoined } from './scan-joined.ts';
import { type Scanned, scanSegments } from './scan-segments.ts';

export async function scanNew(
  policy: EdgePolicy,
  segments: readonly Segment[],
  isNew: (said: Segment) => boolean,
  pace: Pace,
): Promise<Scanned> {
  const texts = await newTexts(segments, isNew, pace);
  const within = await scanSegments(policy, texts, pace);
  const across = await scanJoined(policy, await joinedOf(texts, pace), within.findings, pace);
  return { findings: [...within.findings, ...across.findings], chars: within.chars + across.chars };
}
