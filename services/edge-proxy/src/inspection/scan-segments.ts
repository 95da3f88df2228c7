/** The texts of a request against the rules, in steps that let other exchanges through. */
import { type Finding, matchesOf, type PatternMatch } from '@elida/policy';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import type { Pace } from './pace.ts';
import type { NewText } from './rule-input.ts';

/** UTF-16 units that are scanned at once: no more than a few ms, even where nothing but matches is new to the scanner. */
const AT_ONCE_CHARS = 2_048;

export interface Scanned {
  readonly findings: readonly Finding[];
  /** UTF-16 units that were read. */
  readonly chars: number;
}

export async function scanSegments(policy: EdgePolicy, texts: readonly NewText[], pace: Pace): Promise<Scanned> {
  const findings: Finding[] = [];
  let chars = 0;
  for (const { segment } of texts) {
    const { text } = segment;
    const key = policy.quiet.keyOf(segment);
    if (key !== '' && policy.quiet.has(key)) continue;
    const matches: PatternMatch[] = [];
    const take = (match: PatternMatch) => void matches.push(match);
    // An `await` costs, and most texts are short.
    if (text.length <= AT_ONCE_CHARS) scanAtOnce(policy, text, take);
    else await scanText(policy, text, pace, take);
    const found = policy.evaluator.judge(segment, matches);
    if (found.length === 0) policy.quiet.add(key);
    for (const finding of found) findings.push(finding);
    chars += text.length;
    if (pace.due) await pace.giveWay();
  }
  return { findings, chars };
}

type Take = (match: PatternMatch) => void;

function scanAtOnce({ replyScanner }: EdgePolicy, text: string, take: Take): void {
  for (const match of matchesOf(replyScanner.scan(text))) take(match);
}

export async function scanText(policy: EdgePolicy, text: string, pace: Pace, take: Take): Promise<void> {
  if (text.length <= AT_ONCE_CHARS) return scanAtOnce(policy, text, take);
  for (const findings of policy.replyScanner.scanning(text)) {
    for (const match of matchesOf(findings)) take(match);
    if (pace.due) await pace.giveWay();
  }
}
