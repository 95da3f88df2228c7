/** A preset: shipped rules, some of them with another action, threshold or eye. */
import type { Action } from '../actions.ts';
import type { RuleDocument } from '../model.ts';
import { SHIPPED_RULES } from '../rules/index.ts';

export interface Preset {
  readonly name: string;
  readonly description: string;
  readonly rules: readonly RuleDocument[];
}

interface Changes {
  readonly action?: Action;
  readonly severity?: RuleDocument['severity'];
  readonly observe?: boolean;
  /** Of counters; the shipped examples belong to the shipped threshold and are left out. */
  readonly threshold?: number;
}

/** @param changes rule → what is different here; `{}`: as shipped. A name that no rule has is a mistake of ours. */
export function rulesOf(changes: Readonly<Record<string, Changes>>): RuleDocument[] {
  const names = Object.keys(changes).filter((name) => !SHIPPED_RULES.some((rule) => rule.name === name));
  if (names.length > 0) throw new Error(`no such rule: ${names.join(', ')}`);
  return SHIPPED_RULES.filter(({ name }) => name in changes).map((rule) => {
    const { threshold, ...rest } = changes[rule.name] ?? {};
    if (threshold === undefined || !('threshold' in rule)) return { ...rule, ...rest };
    const { tests: _, ...counter } = rule;
    return { ...counter, ...rest, threshold };
  });
}
