/**
 * What a session id remembers over its incarnations, so that an old conversation which goes on is neither inspected nor
 * counted again: findings by key, inspected heads.
 */
import { LIMITS, type RiskState, type SessionRecord } from '@elida/contracts';
import { addRisk } from './risk-score.ts';
import type { FlagReply, FlagRequest, InspectedHead } from './store.ts';

export interface Seen {
  /** In the order in which they came. */
  readonly findings: Set<string>;
  /** Newest first. */
  heads: readonly InspectedHead[];
}

export const nothingSeen = (): Seen => ({ findings: new Set(), heads: [] });

/** The head takes the place of the one that it goes on from. */
export const withHead = (
  heads: readonly InspectedHead[],
  { count, hash, replaces }: InspectedHead & { readonly replaces: string },
): readonly InspectedHead[] =>
  [{ count, hash }, ...heads.filter((head) => head.hash !== hash && head.hash !== replaces)].slice(
    0,
    LIMITS.inspectedHeadsMax.value,
  );

export interface Flagged extends FlagReply {
  /** Of the fresh ones together. */
  readonly points: number;
}

/** Counts what is fresh and adds its points to the record. */
export function flagFindings(record: SessionRecord, seen: Seen, request: FlagRequest, now: number): Flagged {
  const before: RiskState = record.risk;
  let points = 0;
  const fresh = request.findings.map((finding) => {
    if (seen.findings.has(finding.key)) return false;
    seen.findings.add(finding.key);
    record.violations++;
    points += finding.points;
    return true;
  });
  for (const oldest of seen.findings) {
    if (seen.findings.size <= LIMITS.findingKeysMax.value) break;
    seen.findings.delete(oldest);
  }
  if (points > 0) {
    record.risk = addRisk(before, points, now, request.halfLifeMs);
    record.halfLifeMs = request.halfLifeMs;
  }
  return { fresh, before, at: now, points };
}
