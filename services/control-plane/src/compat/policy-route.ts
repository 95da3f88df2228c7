/** /control/policy: the policy in force, in the predecessor's words. */
import type { CaptureSettings, Snapshot } from '@elida/contracts';
import type { Route } from '@elida/http';
import { Fault, isFault } from '@elida/kernel';
import type { CompiledPolicy, CompiledRule } from '@elida/policy';
import { z } from 'zod';
import type { Parts } from '../parts.ts';
import { compatRoute } from './route.ts';

type InForce = Snapshot['policies'][number];

const query = z.looseObject({ name: z.string().max(64).optional() });

export const policyRoute = ({ publisher }: Pick<Parts, 'publisher'>, capture: CaptureSettings): Route =>
  compatRoute({
    url: '/policy',
    access: 'policies:read',
    query,
    async answer({ name }) {
      const all = await inForce(publisher);
      const found = name === undefined ? forEverybody(all) : all.findLast((policy) => policy.name === name);
      if (name !== undefined && !found) throw new Fault('not_found', `no policy ${name} is in force`);
      const policies = [...new Set(all.map((policy) => `${policy.name}@${policy.version}`))];
      return { ...(found ? viewOf(found) : NONE), ...captureOf(capture), policies };
    },
  });

async function inForce(publisher: Parts['publisher']): Promise<readonly InForce[]> {
  try {
    return (await publisher.fetch(''))?.policies ?? [];
  } catch (error) {
    if (isFault(error) && error.code === 'not_ready') return [];
    throw error;
  }
}

/** What a caller gets of whom nothing special is known; else the first. */
function forEverybody(policies: readonly InForce[]): InForce | undefined {
  const inOrder = policies.toSorted((a, b) => b.priority - a.priority);
  const isOpen = ({ match }: InForce): boolean =>
    (match?.tenants.length ?? 0) + (match?.principals.length ?? 0) + (match?.keys.length ?? 0) === 0;
  return inOrder.find(isOpen) ?? inOrder[0];
}

const captureOf = ({ mode, bytesMax }: CaptureSettings) => ({
  capture_content: mode !== 'none',
  max_capture_size: mode === 'none' ? 0 : bytesMax,
});
const NONE = {
  enabled: false,
  name: '',
  version: 0,
  mode: 'off',
  preset: '',
  rules: [],
  risk_ladder: { enabled: false, half_life_ms: 0, thresholds: [] },
};

function viewOf({ name, version, compiledJson }: InForce): typeof NONE | Record<string, unknown> {
  // Published by a version that compiled nothing.
  if (compiledJson === '') return { ...NONE, name, version };
  const { mode, preset, rules, patterns, ladder } = JSON.parse(compiledJson) as CompiledPolicy;
  const sources = patterns.map(({ source }) => source);
  return {
    enabled: mode !== 'off',
    name,
    version,
    mode,
    preset,
    rules: rules.map((rule) => ruleOf(rule, sources)),
    risk_ladder: {
      enabled: ladder.enabled,
      half_life_ms: ladder.halfLifeMs,
      thresholds: ladder.thresholds.map(({ score, action, rate }) => ({
        score,
        action,
        ...(rate === undefined ? {} : { throttle_rate: rate }),
      })),
    },
  };
}

const MINUTE_MS = 60_000;

function ruleOf(rule: CompiledRule, sources: readonly string[]): Record<string, unknown> {
  const { name, description, severity, action, observe, category } = rule;
  return { name, ...wordsOf(rule, sources), severity, description, action, observe, category };
}

/** The old name of its type where there was one, and what it looks for. */
function wordsOf(rule: CompiledRule, sources: readonly string[]): Record<string, unknown> {
  const written = (indices: readonly number[]): string[] => indices.map((index) => sources[index] ?? '');
  switch (rule.type) {
    case 'content_match':
      return { type: rule.type, target: rule.target, patterns: written(rule.patterns) };
    case 'entropy':
      return { type: 'content_entropy', target: rule.target, threshold_float: rule.threshold };
    case 'unicode':
      return { type: rule.type, target: rule.target, threshold: rule.threshold };
    case 'metric':
      return { type: rule.metric, threshold: rule.threshold, min_samples: rule.minSamples };
    case 'rate': {
      const isOld = rule.windowMs === MINUTE_MS && (rule.metric === 'requests' || rule.metric === 'tokens');
      return { type: isOld ? `${rule.metric}_per_minute` : 'rate', threshold: rule.threshold };
    }
    case 'tool':
      return rule.arguments.length === 0
        ? { type: 'tool_blocked', patterns: rule.tools }
        : { type: 'tool_argument_pattern', patterns: written(rule.arguments.flatMap((one) => one.patterns)) };
    case 'model':
      return { type: rule.type, patterns: [...rule.block, ...rule.allow] };
  }
}
