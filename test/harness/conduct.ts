/** What an edge does with a session that a policy looks at: it meters, flags and tells, in the store and in the record. */
import { type AuditEvent, encodeBatch, encodeLeaf, noTokens, type TokenCounts } from '@elida/contracts';
import {
  climb,
  contributionOf,
  effectiveSeverity,
  type Ladder,
  type LadderStep,
  type RiskRole,
  type RuleSeverity,
} from '@elida/policy';
import type { EventData } from '@elida/record';
import { auditEvent, startAudit, stored } from './audit.ts';
import type { TestControl } from './control.ts';

export interface Found {
  readonly rule: string;
  readonly severity: RuleSeverity;
  readonly role?: RiskRole;
  readonly change?: Partial<EventData['violation_detected']>;
}

export interface Called {
  readonly tool: string;
  readonly id: string;
  readonly exchange: string;
  readonly arguments?: string;
}

export interface Conduct {
  /** Through the queue and the audit worker, until they are in the database. */
  tell(...events: AuditEvent[]): Promise<void>;
  /** One exchange in which rules found this. */
  find(session: string, ladder: Ladder, ...found: Found[]): Promise<void>;
  call(session: string, ...calls: Called[]): Promise<void>;
  use(session: string, tokens: Partial<TokenCounts>, change?: Partial<EventData['tokens_used']>): Promise<void>;
  close(): Promise<void>;
}

const VIOLATION: EventData['violation_detected'] = {
  exchange: 'exc_1',
  policy: 'default@1',
  rule_name: '',
  description: 'what it looks for',
  rule_severity: 'warning',
  effective_severity: 'warning',
  source_role: 'user',
  side: 'request',
  message_index: 2,
  place: 'messages[2].content',
  match_start: 7,
  match_end: 32,
  hits: 1,
  matched_text: 'ignore all previous [REDACTED_EMAIL]',
  value: null,
  category: 'prompt_injection',
  owasp_llm_2025: ['LLM01:2025'],
  owasp_llm_v1_1: ['LLM01'],
  mitre_atlas: ['AML.T0051'],
  action: 'flag',
  observe: false,
  enforced: true,
  points: 0,
  backend: 'openai',
  model: 'gpt-5.5',
  agent: 'agent-1',
};

const toolData = ({ tool, id, exchange, arguments: given = '{}' }: Called): EventData['tool_called'] => ({
  ...{ exchange, tool_name: tool, namespace: '', tool_call_id: id, kind: 'function', arguments: given },
  ...{ backend: 'openai', model: 'gpt-5.5', agent: 'agent-1' },
});

const tokensData = (
  tokens: TokenCounts,
  whose: Pick<EventData['tokens_used'], 'backend' | 'model' | 'agent' | 'principal'>,
): EventData['tokens_used'] => ({
  ...{ exchange: 'exc_1', dialect: 'openai-chat', ...whose },
  input_tokens: tokens.input,
  cached_input_tokens: tokens.cachedInput,
  cache_write_input_tokens: tokens.cacheWriteInput,
  output_tokens: tokens.output,
  reasoning_output_tokens: tokens.reasoningOutput,
  estimated: tokens.estimated > 0,
});

const actionData = (step: LadderStep): EventData['policy_action'] => ({
  ...{ exchange: 'exc_1', policy: 'default@1', source: 'ladder', action: step.action, would: step.action },
  ...{ enforced: true, rule_name: '', reason: '', arithmetic: { ...step } },
});

/** @param now the time of the store. */
export async function startConduct(control: TestControl, databaseUrl: string, now: () => number): Promise<Conduct> {
  const audit = await startAudit({ databaseUrl });
  let seq = 0;
  let keys = 0;
  const of = async (session: string) => {
    const record = await control.store.get(session);
    if (!record) throw new Error(`there is no session ${session}`);
    return record;
  };
  const event = async (
    session: string,
    type: AuditEvent['type'],
    data: object,
    severity: AuditEvent['severity'] = '',
  ) => {
    const { tenant, incarnation } = await of(session);
    return auditEvent(session, ++seq, { type, tenant, incarnation, severity, occurredAt: now(), data: { ...data } });
  };
  const tell = async (...events: AuditEvent[]): Promise<void> => {
    const [first] = events;
    if (!first) return;
    const before = (await stored(control.db, first.session)).rows;
    await audit.queue.send(encodeBatch('edge-1', events.map(encodeLeaf)));
    const own = events.filter(({ session }) => session === first.session).length;
    while ((await stored(control.db, first.session)).rows < before + own) await new Promise((go) => setTimeout(go, 5));
  };
  return {
    tell,
    async find(session, ladder, ...found) {
      const record = await of(session);
      const contributions = found.map(({ rule, severity, role = 'user' }) =>
        contributionOf(rule, severity, role, now()),
      );
      const { tenant, principal, incarnation } = record;
      const findings = contributions.map(({ points }) => ({ key: `k${++keys}`, points }));
      const reply = await control.store.flag({
        ...{ sid: session, incarnation, tenant, principal, findings, halfLifeMs: ladder.halfLifeMs },
      });
      if (!reply) throw new Error('the incarnation is over');
      const { step } = climb(ladder, reply.before, contributions, now(), true);
      const violations = await Promise.all(
        found.map(({ rule, severity, role = 'user', change }, n) => {
          const effective = effectiveSeverity(severity, role);
          const data = { ...VIOLATION, rule_name: rule, rule_severity: severity, effective_severity: effective };
          const points = contributions[n]?.points ?? 0;
          return event(session, 'violation_detected', { ...data, source_role: role, points, ...change }, effective);
        }),
      );
      await tell(...violations, await event(session, 'policy_action', actionData(step)));
    },
    async call(session, ...calls) {
      const { incarnation } = await of(session);
      const none = { requests: 0, bytesIn: 0, bytesOut: 0, backend: 'openai' };
      await control.store.settle([{ ...none, sid: session, incarnation, toolCalls: calls.map(({ tool }) => tool) }]);
      const events = calls.map((call) => event(session, 'tool_called', toolData(call)));
      await tell(...(await Promise.all(events)));
    },
    async use(session, some, change = {}) {
      const { incarnation, principal, agent } = await of(session);
      const tokens = { ...noTokens(), ...some };
      const { model = 'gpt-5.5', backend = 'openai' } = change;
      const none = { requests: 1, bytesIn: 0, bytesOut: 0, backend };
      await control.store.settle([{ ...none, sid: session, incarnation, model, tokens }]);
      const data = { ...tokensData(tokens, { backend, model, agent, principal }), ...change };
      await tell(await event(session, 'tokens_used', data));
    },
    close: () => audit.close(),
  };
}
