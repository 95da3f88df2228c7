/** The texts of a request against the rules, in steps that let other exchanges through. */
import { type Finding, matchesOf, type PatternMatch, type Segment } from '@elida/policy';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import type { Pace } from './pace.ts';

/** UTF-16 units that are scanned at once: no more than a few ms, even where nothing but matches is new to the scanner. */
const AT_ONCE_CHARS = 2_048;

export interface Scanned {
  readonly findings: readonly Finding[];
  /** UTF-16 units that were read. */
  readonly chars: number;
}

export async function scanSegments(policy: EdgePolicy, segments: readonly Segment[], pace: Pace): Promise<Scanned> {
  const findings: Finding[] = [];
  let chars = 0;
  for (const segment of segments) {
    const { text } = segment;
    const key = policy.quiet.keyOf(segment);
    if (key !== '' && policy.quiet.has(key)) continue;
    const matches = text.length <= AT_ONCE_CHARS ? whole(policy, text) : await inSteps(policy, text, pace);
    const found = policy.evaluator.judge(segment, matches);
    if (found.length === 0) policy.quiet.add(key);
    for (const finding of found) findings.push(finding);
    chars += text.length;
    if (pace.due) await pace.giveWay();
  }
  return { findings, chars };
}

const whole = ({ replyScanner }: EdgePolicy, text: string): PatternMatch[] => matchesOf(replyScanner.scan(text));

async function inSteps({ replyScanner }: EdgePolicy, text: string, pace: Pace): Promise<PatternMatch[]> {
  const matches: PatternMatch[] = [];
  for (const findings of replyScanner.scanning(text)) {
    for (const match of matchesOf(findings)) matches.push(match);
    if (pace.due) await pace.giveWay();
  }
  return matches;
}
