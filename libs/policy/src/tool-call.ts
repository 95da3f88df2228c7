/** Does a rule mean this tool call? */
import type { CompiledCondition, PatternFinder, ToolRule } from './compiled.ts';
import { matchesAny } from './glob.ts';
import { stringsIn, valuesAt } from './json-path.ts';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** Parsed; the raw text where it is no JSON. */
  readonly arguments: unknown;
}

/** A command as the shell reads it: quotes and line continuations gone, `$IFS` a blank. Only for looking at. */
const unquoteShell = (command: string): string =>
  command
    .replaceAll(/\\\r?\n/g, '')
    .replaceAll(/\$\{?IFS\}?/g, ' ')
    .replaceAll(/['"\\]/g, '');

const isMatched = (condition: CompiledCondition, strings: readonly string[], find: PatternFinder): boolean =>
  strings.some((text) => {
    for (const { pattern } of find(text)) if (condition.patterns.includes(pattern)) return true;
    return false;
  });

/** Commands are also given as a list of words. */
const commandsIn = (values: readonly unknown[]): string[] =>
  values
    .flatMap((value) => [
      ...stringsIn(value),
      ...(Array.isArray(value) && value.every((word) => typeof word === 'string') ? [value.join(' ')] : []),
    ])
    .map(unquoteShell);

function holds(condition: CompiledCondition, root: unknown, find: PatternFinder): boolean {
  const found = condition.paths.flatMap((path) => valuesAt(root, path));
  const some = (test: (value: unknown, wanted: string | number | boolean) => boolean): boolean =>
    found.some((value) => condition.values.some((wanted) => test(value, wanted)));
  const asText = (test: (value: string, wanted: string) => boolean): boolean =>
    some((value, wanted) => typeof value === 'string' && test(value.toLowerCase(), String(wanted).toLowerCase()));
  switch (condition.operator) {
    case 'exists':
      return found.length > 0;
    case 'not_exists':
      return found.length === 0;
    case 'equals':
      return some((value, wanted) => value === wanted);
    case 'not_equals':
      return !some((value, wanted) => value === wanted);
    case 'contains':
      return asText((value, wanted) => value.includes(wanted));
    case 'starts_with':
      return asText((value, wanted) => value.startsWith(wanted));
    case 'ends_with':
      return asText((value, wanted) => value.endsWith(wanted));
    case 'greater_than':
      return some((value, wanted) => typeof value === 'number' && value > Number(wanted));
    case 'less_than':
      return some((value, wanted) => typeof value === 'number' && value < Number(wanted));
    case 'matches':
      return isMatched(condition, found.flatMap(stringsIn), find);
    case 'shell_matches':
      return isMatched(condition, commandsIn(found), find);
  }
}

export const toolRuleMeans = (rule: ToolRule, call: ToolCall, find: PatternFinder): boolean =>
  matchesAny(rule.tools, call.name) &&
  !matchesAny(rule.except, call.name) &&
  rule.arguments.every((condition) => holds(condition, call.arguments, find));
