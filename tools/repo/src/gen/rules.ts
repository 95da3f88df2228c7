/** docs/rules.md from the shipped rules and presets. */
import { ACTION_PLACES, ACTIONS, mayAct, METRICS, OLD_TYPES, PRESETS, type RuleDocument, SHIPPED_RULES } from '@elida/policy';
import { type Generated, HEAD, table } from './generated.ts';

const OWASP_V1_1: readonly (readonly [string, string])[] = [
  ['LLM01', 'Prompt injection'],
  ['LLM02', 'Insecure output handling'],
  ['LLM03', 'Training data poisoning'],
  ['LLM04', 'Model denial of service'],
  ['LLM05', 'Supply chain'],
  ['LLM06', 'Sensitive information disclosure'],
  ['LLM07', 'Insecure plugin design'],
  ['LLM08', 'Excessive agency'],
  ['LLM09', 'Overreliance'],
  ['LLM10', 'Model theft'],
];

const code = (text: string): string => `\`${text}\``;

/** What the rule does in a preset: its action, with what is different about it; empty where it is not there. */
function inPreset(name: string, rule: RuleDocument): string {
  const there = PRESETS.find((preset) => preset.name === name)?.rules.find((one) => one.name === rule.name);
  if (!there) return '';
  const threshold = 'threshold' in there && there.type !== 'unicode' ? ` (${there.threshold})` : '';
  return `${there.observe ? 'observe' : (there.action ?? 'flag')}${threshold}`;
}

function where(rule: RuleDocument): string {
  if (rule.type === 'tool') return 'tool calls';
  if (rule.type === 'model') return 'model asked for';
  if (rule.type === 'metric' || rule.type === 'rate') return `session: ${rule.metric}`;
  const side = rule.target === 'request' ? 'request' : rule.target === 'response' ? 'reply' : 'request, reply';
  return rule.roles ? `${side} (${rule.roles.join(', ')})` : side;
}

const refsOf = ({ refs }: RuleDocument): string =>
  [
    ...(refs?.owasp_llm_2025 ?? []).map((id) => `${id}:2025`),
    ...(refs?.owasp_llm_v1_1 ?? []).map((id) => `${id} v1.1`),
    ...(refs?.mitre_atlas ?? []),
  ].join(', ');

function matrix(): string {
  const rows = OWASP_V1_1.map(([id, title]) => {
    const rules = SHIPPED_RULES.filter(({ refs }) => refs?.owasp_llm_v1_1?.includes(id)).map(({ name }) => code(name));
    const none = 'happens where a model is trained; a gateway cannot see it';
    const inPresets = PRESETS.map((preset) =>
      String(preset.rules.filter(({ refs }) => refs?.owasp_llm_v1_1?.includes(id)).length),
    );
    return [id, title, ...inPresets, rules.length > 0 ? rules.join(' ') : none];
  });
  return table(['OWASP LLM v1.1', 'risk', ...PRESETS.map(({ name }) => `in ${name}`), 'rules'], rows);
}

const ruleTable = (): string =>
  table(
    ['rule', 'looks at', 'severity', ...PRESETS.map(({ name }) => name), 'frameworks', 'what it finds'],
    SHIPPED_RULES.map((rule) => [
      code(rule.name),
      where(rule),
      rule.severity ?? 'warning',
      ...PRESETS.map(({ name }) => inPreset(name, rule)),
      refsOf(rule),
      rule.description ?? '',
    ]),
  );

const actionTable = (): string =>
  table(
    ['action', ...ACTION_PLACES.map((place) => place.replace('_', ' '))],
    ACTIONS.map((action) => [code(action), ...ACTION_PLACES.map((place) => (mayAct(action, place) ? 'yes' : ''))]),
  );

export const rules: Generated = {
  path: 'docs/rules.md',
  render() {
    return `${HEAD}
# Rules

A policy names a preset, adds rules of its own, replaces shipped ones by giving a rule the same name, and drops others with \`suppress\`.
\`observe: true\` records and does nothing else. Preset, tenant, policy: the later layer wins.

## Presets

${table(
  ['preset', 'rules', 'for'],
  PRESETS.map(({ name, description, rules: all }) => [code(name), String(all.length), description]),
)}
## Every shipped rule

The columns of the presets say what a finding does there, in brackets the threshold where there is one.

${ruleTable()}
## OWASP

${matrix()}
## Actions

What may act where; of several findings the strongest action decides (the table is in rising order).

${actionTable()}
## Types

\`content_match\` (\`patterns\`, \`case_sensitive\`), \`unicode\` (\`characters\`, \`threshold\`), \`entropy\` (\`threshold\` in bits per byte, \`bytes_min\`),
\`metric\` (\`metric\`, \`operator\`, \`threshold\`, \`min_samples\`), \`rate\` (\`metric\`, \`window\`, \`threshold\`), \`tool\` (\`tools\` and \`except\` as globs,
\`arguments\` as \`path\`, \`operator\`, \`value\`), \`model\` (\`allow\`, \`block\` as globs).

Metrics: ${METRICS.map(code).join(', ')}.

These older type names are read too: ${OLD_TYPES.map(code).join(', ')}.
`;
  },
};
