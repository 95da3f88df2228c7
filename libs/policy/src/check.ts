/** What the form of a document cannot say: mistakes between its keys, patterns, places where an action cannot act. */
import { type ActionPlace, mayAct, NOT_YET_OF_RULES } from './actions.ts';
import type { Documents, Problem } from './compile.ts';
import type { PatternEngine } from './compiled.ts';
import { parsePath } from './json-path.ts';
import type { Layered } from './layer.ts';
import type { Policy, Rule } from './model.ts';

const placesOf = (rule: Rule): readonly ActionPlace[] => {
  switch (rule.type) {
    case 'content_match':
    case 'unicode':
    case 'entropy':
      if (rule.target === 'both') return ['request', 'reply'];
      return rule.target === 'request' ? ['request'] : ['reply'];
    case 'metric':
    case 'rate':
      return ['session'];
    case 'tool':
      return ['tool_call'];
    case 'model':
      return ['request'];
  }
};

type Complaint = (path: readonly (string | number)[], message: string) => void;

function checkPatterns(rule: Rule, engine: PatternEngine, complain: Complaint): void {
  const check = (source: string, caseSensitive: boolean, path: readonly (string | number)[]): void => {
    const problem = engine.problemOf({ source, caseSensitive });
    if (problem !== null) complain(path, problem);
  };
  if (rule.type === 'content_match') {
    for (const [i, source] of rule.patterns.entries()) check(source, rule.case_sensitive, ['patterns', i]);
  }
  if (rule.type !== 'tool') return;
  rule.arguments.forEach(({ operator, value, path }, i) => {
    const at = ['arguments', i];
    for (const [k, one] of [path].flat().entries()) {
      const place = Array.isArray(path) ? [...at, 'path', k] : [...at, 'path'];
      if (parsePath(one) === null) complain(place, `no path: ${one} (like $.command, $..url, $.files[0])`);
    }
    const needsNone = operator === 'exists' || operator === 'not_exists';
    if (needsNone !== (value === undefined)) {
      complain([...at, 'value'], needsNone ? `${operator} takes no value` : `${operator} needs a value`);
    } else if (operator === 'matches' || operator === 'shell_matches') {
      [value].flat().forEach((one, k) => {
        const place = Array.isArray(value) ? [...at, 'value', k] : [...at, 'value'];
        if (typeof one === 'string') check(one, false, place);
        else complain(place, `${operator} needs a pattern`);
      });
    }
  });
}

export function checkRule({ rule, layer, path }: Layered<Rule>, engine: PatternEngine): Problem[] {
  const problems: Problem[] = [];
  const complain: Complaint = (at, message) => problems.push({ layer, path: [...path, ...at], message });
  const action = rule.observe ? 'flag' : rule.action;
  const place = placesOf(rule).find((one) => !mayAct(action, one));
  if (NOT_YET_OF_RULES.includes(action)) complain(['action'], `${action} is no action of rules in this version`);
  else if (place) complain(['action'], `${action} cannot act on a ${place.replace('_', ' ')}`);
  if (rule.type === 'model' && !rule.allow && !rule.block) complain([], 'a model rule needs allow or block');
  checkPatterns(rule, engine, complain);
  return problems;
}

/** Edges build one automaton of them, between their exchanges. */
const PATTERNS_MAX = 4_000;

const patternsIn = (rule: Rule): number =>
  rule.type === 'content_match'
    ? rule.patterns.length
    : rule.type === 'tool'
      ? rule.arguments.reduce((sum, { value }) => sum + [value].flat().length, 0)
      : 0;

export function checkPatternCount(documents: Documents, problems: Problem[]): void {
  for (const [layer, { rules }] of documents) {
    const count = rules.reduce((sum, rule) => sum + patternsIn(rule), 0);
    if (count <= PATTERNS_MAX) continue;
    problems.push({ layer, path: ['rules'], message: `${count} patterns, the limit is ${PATTERNS_MAX}` });
  }
}

/** A layer takes its place in every policy of a tenant, so it names tenants, and nothing that chooses policies. */
export function checkLayer({ layer, match, priority }: Policy, problems: Problem[]): void {
  if (layer !== 'tenant') return;
  const complain = (path: Problem['path'], message: string): void => {
    problems.push({ layer: 'policy', path, message });
  };
  if (!match?.tenants) complain(['match'], 'a layer of tenants needs match.tenants');
  for (const [i, tenant] of (match?.tenants ?? []).entries()) {
    if (/[*?]/.test(tenant)) complain(['match', 'tenants', i], 'a layer names its tenants one by one');
  }
  if (match?.principals || match?.keys) complain(['match'], 'a layer is for whole tenants');
  if (priority !== 0) complain(['priority'], 'a layer has none: the policies have');
}
