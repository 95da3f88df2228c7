/**
 * Joined parts against the rules. Whether a provider puts nothing, a space or a line between parts is its own affair: they are
 * read both ways, and what lies within one part is left to the reading of that part.
 */
import type { Finding, PatternMatch } from '@elida/policy';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import { type CrossingFinding, type Joined, partAt } from './joined.ts';
import type { Pace } from './pace.ts';
import { isEdit } from './placed.ts';
import { type Scanned, scanText } from './scan-segments.ts';
import { lengthOf, placeIn, type Run, runsOf, textOf } from './seam-runs.ts';

/** @param within what was found in the parts themselves. */
export async function scanJoined(
  policy: EdgePolicy,
  all: readonly Joined[],
  within: readonly Finding[],
  pace: Pace,
): Promise<Scanned> {
  const findings: Finding[] = [];
  let chars = 0;
  let byPlace: Map<string, Finding[]> | undefined;
  for (const joined of all) {
    const key = quietKey(policy, joined);
    if (key !== '' && policy.quiet.has(key)) continue;
    const runs = await runsOf(joined, pace);
    const matches = await crossingMatches(policy, joined, runs, pace);
    const found = policy.evaluator.judge(joined.segment, matches);
    for (const run of runs) chars += 2 * lengthOf(run);
    if (found.length === 0) policy.quiet.add(key);
    else {
      byPlace ??= Map.groupBy(within, ({ place }) => place);
      for (const finding of crossingFindings(joined, found, byPlace)) findings.push(finding);
    }
    if (pace.due) await pace.giveWay();
  }
  return { findings, chars };
}

/** The same text cut elsewhere is another: what lay within a part may lie across two. No kind of a text begins with this word. */
function quietKey({ quiet }: EdgePolicy, { segment, parts }: Joined): string {
  const { role, kind, text } = segment;
  if (!quiet.isWorth(text)) return '';
  return quiet.keyOf({ role, kind: `joined ${parts.map(({ start }) => start).join(',')} ${kind}`, text });
}

/** Offsets are those of the text with nothing between the parts. What both readings find is there once, the longer of two. */
async function crossingMatches(
  policy: EdgePolicy,
  { parts }: Joined,
  runs: readonly Run[],
  pace: Pace,
): Promise<PatternMatch[]> {
  const patterns = policy.compiled.patterns.length;
  // By start and pattern: there may be as many as units of text.
  const ends = new Map<number, number>();
  const take = (run: Run, gap: number) => (match: PatternMatch) => {
    const start = placeIn(run, match.start, gap);
    const end = placeIn(run, match.end, gap);
    if (start >= end || partAt(parts, start) === partAt(parts, end - 1)) return;
    const key = start * patterns + match.pattern;
    if ((ends.get(key) ?? 0) < end) ends.set(key, end);
  };
  for (const run of runs) {
    await scanText(policy, textOf(run, ''), pace, take(run, 0));
    await scanText(policy, textOf(run, ' '), pace, take(run, 1));
  }
  return [...ends].map(([key, end]) => ({ pattern: key % patterns, start: Math.floor(key / patterns), end }));
}

function crossingFindings(
  joined: Joined,
  found: readonly Finding[],
  within: ReadonlyMap<string, readonly Finding[]>,
): CrossingFinding[] {
  const known = new Set(joined.parts.flatMap(({ place }) => (within.get(place) ?? []).map(({ rule }) => rule)));
  return found.flatMap((finding) => {
    const isKnown = known.has(finding.rule);
    // What a part says already is said; what has to be edited must be known all the same. Of what was measured, the parts
    // where it stood out are edited, not all between them.
    if (isKnown && (!isEdit(finding) || finding.value !== undefined)) return [];
    return [crossing(joined, isKnown ? { ...finding, points: 0 } : finding)];
  });
}

function crossing(joined: Joined, finding: Finding): CrossingFinding {
  const { spans: stretches } = finding;
  const [first] = stretches;
  const part = joined.parts[partAt(joined.parts, first?.start ?? 0)];
  if (first === undefined || part === undefined) return { ...finding, joined, stretches };
  const start = first.start - part.start;
  const end = Math.min(first.end - part.start, part.said.text.length);
  return { ...finding, place: part.place, spans: [{ start, end }], joined, stretches };
}
