/** A rule's inline tests: what it must find, and what it must leave alone. */
import type { Evaluation, Evaluator, Segment } from './evaluate.ts';
import { rateKey } from './metrics.ts';
import type { Example, Rule } from './model.ts';

export interface FailedExample {
  readonly list: 'must_match' | 'must_not_match';
  readonly index: number;
  readonly message: string;
}

/** @returns null where such an example says nothing about such a rule. */
function inputOf(rule: Rule, example: Example): Evaluation | null {
  switch (rule.type) {
    case 'content_match':
    case 'unicode':
    case 'entropy': {
      if (typeof example !== 'string') return null;
      const side = rule.target === 'response' ? 'response' : 'request';
      const role: Segment['role'] = rule.roles?.[0] ?? (side === 'response' ? 'assistant' : 'user');
      return { segments: [{ side, role, kind: 'text', text: example, message: 0, place: '' }] };
    }
    case 'metric':
      return typeof example === 'number'
        ? { metrics: { request_count: rule.min_samples, [rule.metric]: example } }
        : null;
    case 'rate':
      return typeof example === 'number' ? { metrics: { [rateKey(rule.metric, rule.window)]: example } } : null;
    case 'tool': {
      if (typeof example === 'number') return null;
      const call = typeof example === 'string' ? { name: example, arguments: {} } : example;
      return { toolCalls: [{ id: 'example', ...call }] };
    }
    case 'model':
      return typeof example === 'string' ? { model: example } : null;
  }
}

export function failedExamples(rule: Rule, evaluator: Evaluator): FailedExample[] {
  const run = (list: FailedExample['list'], examples: readonly Example[]): FailedExample[] =>
    examples.flatMap((example, index) => {
      const input = inputOf(rule, example);
      if (!input) return [{ list, index, message: `no example for a ${rule.type} rule` }];
      const isFound = evaluator.evaluate(input).findings.some((one) => one.rule === rule.name);
      if (isFound === (list === 'must_match')) return [];
      return [{ list, index, message: isFound ? 'the rule matches this' : 'the rule does not match this' }];
    });
  return [
    ...run('must_match', rule.tests?.must_match ?? []),
    ...run('must_not_match', rule.tests?.must_not_match ?? []),
  ];
}
