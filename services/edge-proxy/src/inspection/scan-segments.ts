/** The texts of a request against the rules, in slices that let other exchanges through. */
import { type Finding, matchesOf, type PatternMatch, type Segment } from '@elida/policy';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import type { Pace } from './pace.ts';

/** UTF-16 units that are scanned without looking at the clock: about half a ms. */
const SLICE_CHARS = 65_536;

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
    const matches = text.length <= SLICE_CHARS ? whole(policy, text) : await inSlices(policy, text, pace);
    const found = policy.evaluator.judge(segment, matches);
    if (found.length === 0) policy.quiet.add(key);
    for (const finding of found) findings.push(finding);
    chars += text.length;
    if (pace.due) await pace.giveWay();
  }
  return { findings, chars };
}

const whole = ({ replyScanner }: EdgePolicy, text: string): PatternMatch[] => matchesOf(replyScanner.scan(text));

async function inSlices({ replyScanner }: EdgePolicy, text: string, pace: Pace): Promise<PatternMatch[]> {
  const reading = replyScanner.open();
  const matches: PatternMatch[] = [];
  for (let at = 0; at < text.length; at += SLICE_CHARS) {
    for (const match of matchesOf(reading.push(text.slice(at, at + SLICE_CHARS)).findings)) matches.push(match);
    if (pace.due) await pace.giveWay();
  }
  for (const match of matchesOf(reading.end().findings)) matches.push(match);
  return matches;
}
