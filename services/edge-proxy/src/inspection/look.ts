/** One request before its policy: what of it is new, what the rules find there, and what follows for its text. */
import { messageTexts, type RequestContent, type TextEdit } from '@elida/dialects';
import type { Installation } from '@elida/kernel';
import type { Decision } from '@elida/policy';
import type { RunningExchange } from '../running-exchange.ts';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import type { Found } from './found.ts';
import { historyOf, type Inspected, inspectedOf, type NextHead, nextHead, secretOf } from './history.ts';
import { measure } from './measure.ts';
import type { Pace } from './pace.ts';
import { editsOf, foundOf, isEdit, type Places, placesOf } from './placed.ts';
import { toRuleCall } from './rule-input.ts';
import { scanNew } from './scan-new.ts';

export interface Looked {
  readonly found: readonly Found[];
  readonly decision: Decision;
  /** What the text is to say instead; empty in audit mode. */
  readonly edits: readonly TextEdit[];
  /** The conversation as far as it needs no further look; null: no further than before. */
  readonly head: NextHead | null;
  /** UTF-16 units that were read against the rules. */
  readonly scanned: number;
}

export interface Looking {
  readonly policy: EdgePolicy;
  readonly exchange: RunningExchange;
  readonly bytesIn: number;
  readonly installation: Installation;
  readonly pace: Pace;
}

/** @param content null: the body carries nothing that can be read; counters and the model are looked at all the same. */
export async function look(looking: Looking, content: RequestContent | null): Promise<Looked> {
  const { policy, exchange, bytesIn, installation, pace } = looking;
  const history =
    content === null ? null : await historyOf(secretOf(installation), policy.hash, messageTexts(content), pace);
  const known = history === null ? NOTHING : inspectedOf(history, exchange.seen.inspected);
  const isNew = ({ messageIndex }: { readonly messageIndex: number }): boolean =>
    messageIndex < 0 ? !known.outside : messageIndex >= known.count;
  const texts = await scanNew(policy, content?.segments ?? [], isNew, pace);
  const rest = policy.evaluator.evaluate({
    toolCalls: content === null ? [] : content.calls.filter(isNew).map(toRuleCall),
    model: exchange.model,
    metrics: measure(policy, exchange, bytesIn, content),
  });
  const { findings, decision } = policy.evaluator.conclude([...texts.findings, ...rest.findings]);
  const places = findings.length === 0 || content === null ? NO_PLACES : await placesOf(content, pace);
  const edits = policy.compiled.mode === 'enforce' ? editsOf(findings, places) : [];
  const open = edits.length === 0 ? [] : findings.filter(isEdit).map(({ message }) => message);
  return {
    found: findings.map((finding) => foundOf(finding, places)),
    decision,
    edits,
    head: history === null || content === null ? null : nextHead(history, known, content.messages, open),
    scanned: texts.chars,
  };
}

const NOTHING: Inspected = { count: 0, outside: false, replaces: '' };
const NO_PLACES: Places = new Map();
