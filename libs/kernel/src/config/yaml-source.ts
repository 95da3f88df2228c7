/** A YAML text as plain data that remembers where each value stood. YAML 1.2; a key that occurs twice is refused. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  visit,
} from 'yaml';
import type { Environment } from './environment.ts';
import { expandVariables } from './expand.ts';
import { type ConfigProblem, problemAt } from './problem.ts';

export interface YamlSource {
  readonly data: unknown;
  readonly problems: readonly ConfigProblem[];
  /** False where the text is so broken that a judgement of `data` would mislead. */
  readonly sound: boolean;
  /** `path` may lead to what is missing: then the nearest parent that exists. `key`: the key's own place. */
  problem(path: readonly PropertyKey[], message: string, place?: 'key' | 'value'): ConfigProblem;
  /** True where the value came out of `${…}` written without quotes: text that may stand for a number or a flag. */
  expanded(path: readonly PropertyKey[]): boolean;
}

const LOCAL = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

/** @param environment null: `${…}` is nothing but text. */
export function readYaml(text: string, environment: Environment | null): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' });
  const at = (offset: number, path: string, message: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  };
  const problems = document.errors.map((error) =>
    error.code === 'DUPLICATE_KEY'
      ? at(error.pos[0], '', `the key ${text.slice(error.pos[0]).match(/^[^\s:]*/)?.[0] ?? ''} occurs twice`)
      : at(error.pos[0], '', error.message),
  );
  const sound = document.errors.every((error) => LOCAL.has(error.code));
  const expandedNodes = new WeakSet<Node>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (environment === null || key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const expansion = expandVariables(node.value, environment);
      const path = pathOf([...ancestors, node]);
      problems.push(...expansion.problems.map((message) => at(node.range?.[0] ?? 0, path, message)));
      if (node.type === 'PLAIN' && expansion.text !== node.value) expandedNodes.add(node);
      node.value = expansion.text;
    },
  });
  const { data, problem: broken } = toData(document);
  if (broken) problems.push(broken);
  return {
    data,
    problems,
    sound: sound && !broken,
    problem(path, message, place = 'value') {
      const offset = offsetOf(document, path, place);
      return at(offset, path.map(String).join('.'), message);
    },
    expanded(path) {
      const node = document.getIn(path, true);
      return isNode(node) && expandedNodes.has(node);
    },
  };
}

/** Keys in order: equal content is equal text. `first`: those that a reader looks for. */
export function printYaml(value: unknown, first: readonly string[]): string {
  const rank = (key: unknown): number => (first.includes(String(key)) ? first.indexOf(String(key)) : first.length);
  return stringify(value, {
    lineWidth: 0,
    sortMapEntries: (a, b) => rank(keyOf(a)) - rank(keyOf(b)) || (String(keyOf(a)) < String(keyOf(b)) ? -1 : 1),
  });
}

const keyOf = ({ key }: { readonly key: unknown }): unknown => (isScalar(key) ? key.value : key);

/** Empty sections (`proxy:` and nothing below) are absent sections. */
function toData(document: Document): { data: unknown; problem?: ConfigProblem } {
  try {
    return { data: withoutNulls(document.toJS({ maxAliasCount: 50 })) };
  } catch (error) {
    // A broken or exploding alias: yaml tells by throwing.
    return { data: null, problem: problemAt('', error instanceof Error ? error.message : String(error)) };
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  );
}

function pathOf(ancestors: readonly unknown[]): string {
  const parts: string[] = [];
  for (const [index, node] of ancestors.entries()) {
    if (isPair(node)) parts.push(isScalar(node.key) ? String(node.key.value) : '?');
    else if (isSeq(node)) {
      const child = ancestors[index + 1];
      parts.push(String(node.items.indexOf(child)));
    }
  }
  return parts.join('.');
}

function offsetOf(document: Document, path: readonly PropertyKey[], place: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      const keyAt = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      const valueAt =
        isNode(pair.value) && !(isScalar(pair.value) && pair.value.value === null) ? pair.value.range?.[0] : undefined;
      // A wrong section is shown at its key, a wrong value where the value stands.
      offset = last && place === 'value' && isScalar(pair.value) ? (valueAt ?? keyAt) : keyAt;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
