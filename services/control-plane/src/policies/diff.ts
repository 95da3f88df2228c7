/** Two versions of a policy: what is different, rule by rule, and as text. */
import type { Reply } from '@elida/contracts/api';
import { printYaml } from '@elida/kernel';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { canonicalJson } from '../publisher/canonical-json.ts';
import type { PolicyRow } from './rows.ts';

type Diff = Reply<'diffPolicy'>;
type Change = Diff['settings'][number];
type Content = Readonly<Record<string, unknown>>;

/** What a reader looks for first. */
const FIRST = ['name', 'type', 'layer', 'priority', 'match', 'mode', 'preset'];

/** @param from null: the policy began with `to`. */
export function diffOf(from: PolicyRow | null, to: PolicyRow): Diff {
  const old = rulesOf(from?.content ?? {});
  const now = rulesOf(to.content);
  const { name } = to;
  return {
    name,
    from: from?.version ?? 0,
    to: to.version,
    rules: {
      added: [...now.keys()].filter((rule) => !old.has(rule)),
      removed: [...old.keys()].filter((rule) => !now.has(rule)),
      changed: [...now].flatMap(([rule, content]) => {
        const before = old.get(rule);
        const changes = before ? changesOf(before, content) : [];
        return changes.length > 0 ? [{ name: rule, changes }] : [];
      }),
    },
    settings: changesOf(settingsOf(from?.content ?? {}), settingsOf(to.content)),
    text: createTwoFilesPatch(
      `${name}@${from?.version ?? 0}`,
      `${name}@${to.version}`,
      from ? printYaml(from.content, FIRST) : '',
      printYaml(to.content, FIRST),
      undefined,
      undefined,
      { headerOptions: FILE_HEADERS_ONLY },
    ),
  };
}

function rulesOf({ rules }: Content): Map<string, Content> {
  const list = Array.isArray(rules) ? (rules as readonly Content[]) : [];
  return new Map(list.map((rule) => [String(rule.name), rule]));
}

function settingsOf({ rules: _, ...rest }: Content): Content {
  return rest;
}

const isMap = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Leaves; lists are compared whole. */
function changesOf(from: Content, to: Content, path: readonly string[] = []): Change[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return keys.flatMap((key) => {
    const [a, b] = [from[key], to[key]];
    const at = [...path, key];
    if (isMap(a) && isMap(b)) return changesOf(a, b, at);
    return canonicalJson([a ?? null]) === canonicalJson([b ?? null])
      ? []
      : [{ path: at.join('.'), from: a ?? null, to: b ?? null }];
  });
}
