/** Policies (versioned, immutable rows; their content is libs/policy's) and the snapshots that carry them to the edges. */
import { z } from 'zod';
import { OWNERS } from './backend-view.ts';
import { fieldError } from './health-view.ts';
import { instant, nextCursor, pageQuery } from './page.ts';

/** A policy as a document, or as the YAML text that says it: then what is wrong is told with line and column. */
const document = {
  content: z.record(z.string(), z.unknown()).optional(),
  yaml: z.string().max(1_048_576).optional(),
};
const isOne = ({ content, yaml }: { content?: unknown; yaml?: unknown }): boolean =>
  (content === undefined) !== (yaml === undefined);
export const policyBody = z.strictObject(document).refine(isOne, 'either content or yaml').meta({ id: 'PolicyBody' });
export type PolicyBody = z.output<typeof policyBody>;

export const policyView = z
  .object({
    name: z.string(),
    version: z.number().int(),
    owner: z.enum(OWNERS),
    author: z.string(),
    created_at: instant,
    content: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Policy' });
export const policySaved = policyView.extend({ warnings: z.array(fieldError) }).meta({ id: 'PolicySaved' });
export const policyList = z.object({
  policies: z.array(
    policyView
      .omit({ content: true })
      .extend({ published: z.number().int().nullable().describe('The version that the edges have; null: none') }),
  ),
});

export const policyCheck = z
  .object({
    valid: z.boolean(),
    problems: z.array(fieldError),
    warnings: z.array(fieldError),
    /** Resolved: with those of the preset. */
    rules: z.number().int(),
    mode: z.string(),
    preset: z.string(),
  })
  .meta({ id: 'PolicyCheck' });

const version = z.coerce.number().int().min(1).optional();
/** Without `to`: the last version; without `from`: the one before `to`. */
export const policyDiffQuery = z.object({ from: version, to: version });
const change = z.object({ path: z.string(), from: z.unknown(), to: z.unknown() });
export const policyDiff = z
  .object({
    name: z.string(),
    /** 0: the policy began with `to`. */
    from: z.number().int(),
    to: z.number().int(),
    rules: z.object({
      added: z.array(z.string()),
      removed: z.array(z.string()),
      changed: z.array(z.object({ name: z.string(), changes: z.array(change) })),
    }),
    settings: z.array(change),
    /** Unified, of both as YAML with sorted keys. */
    text: z.string(),
  })
  .meta({ id: 'PolicyDiff' });

const explainedCall = z.strictObject({
  name: z.string().min(1).max(256),
  arguments: z.unknown().optional().describe('Parsed; a free text as a string'),
});
export const explainRequest = z
  .strictObject({
    ...document,
    name: z.string().optional().describe('A stored policy; instead of content or yaml'),
    version,
    tenant: z.string().max(64).optional().describe('With the layer of this tenant'),
    text: z.string().max(1_048_576).optional(),
    role: z.enum(['user', 'assistant', 'system', 'developer', 'tool']).default('user'),
    side: z.enum(['request', 'response']).default('request'),
    dialect: z.enum(['openai-chat', 'openai-responses', 'openai', 'anthropic-messages', 'plain']).optional(),
    request: z.unknown().optional().describe('Body of a request, in the dialect'),
    tool_call: explainedCall.optional(),
    model: z.string().max(256).optional(),
    metrics: z
      .record(z.string(), z.number())
      .optional()
      .describe('As rules name them: request_count, requests/60000 …'),
    score: z.number().min(0).max(100).default(0).describe('Risk of the session before'),
  })
  .refine(
    (body) => [body.name, body.content, body.yaml].filter((one) => one !== undefined).length === 1,
    'one of name, content, yaml',
  )
  .refine((body) => body.request === undefined || body.dialect !== undefined, 'request needs a dialect')
  .meta({ id: 'ExplainRequest' });
export type ExplainRequest = z.output<typeof explainRequest>;

const severity = z.enum(['info', 'warning', 'critical']);
const explainedFinding = z.object({
  rule: z.string(),
  type: z.string(),
  description: z.string(),
  action: z.string(),
  observe: z.boolean(),
  category: z.string(),
  owasp_llm_2025: z.array(z.string()),
  owasp_llm_v1_1: z.array(z.string()),
  mitre_atlas: z.array(z.string()),
  severity,
  effective_severity: severity,
  role: z.string(),
  side: z.enum(['request', 'response', 'session']),
  /** −1: in no message. */
  message: z.number().int(),
  place: z.string(),
  /** UTF-16 offsets in the text of `place`. */
  matches: z.array(z.object({ text: z.string(), start: z.number().int(), end: z.number().int(), pattern: z.string() })),
  value: z.number().nullable(),
  severity_weight: z.number(),
  role_weight: z.number(),
  points: z.number(),
  why: z.string(),
  decides: z.boolean(),
});
export const explanation = z
  .object({
    policy: z.string().describe('name@version; empty where the document was given'),
    mode: z.string(),
    preset: z.string(),
    decision: z.object({ action: z.string(), would: z.string(), rule: z.string().nullable() }),
    because: z.array(z.string()),
    findings: z.array(explainedFinding),
    ladder: z.record(z.string(), z.unknown()).nullable().describe('The arithmetic, as ladder events carry it'),
  })
  .meta({ id: 'Explanation' });
export type ExplanationView = z.output<typeof explanation>;

export const presetView = z
  .object({
    name: z.string(),
    description: z.string(),
    rules: z.number().int(),
  })
  .meta({ id: 'Preset' });
export const presetList = z.object({ presets: z.array(presetView) });
export const presetWithRules = presetView.omit({ rules: true }).extend({
  /** As a policy would write them. */
  rules: z.array(z.record(z.string(), z.unknown())),
});

export const snapshotView = z
  .object({
    version: z.number().int(),
    hash: z.string(),
    author: z.string(),
    note: z.string(),
    created_at: instant,
    current: z.boolean(),
  })
  .meta({ id: 'Snapshot' });
export const snapshotList = z.object({ snapshots: z.array(snapshotView), next_cursor: nextCursor });
export const snapshotQuery = pageQuery;
export const publishRequest = z.strictObject({ note: z.string().max(500).default('') });
export const rollbackRequest = z.strictObject({
  version: z.number().int().min(1),
  note: z.string().max(500).default(''),
});

export const snapshotStatus = z.object({
  version: z.number().int(),
  hash: z.string(),
  edges: z.array(
    z.object({
      edge: z.string(),
      url: z.string(),
      snapshot_version: z.number().int(),
      current: z.boolean(),
      inflight: z.number().int(),
      draining: z.boolean(),
      seen_at: instant,
    }),
  ),
});
