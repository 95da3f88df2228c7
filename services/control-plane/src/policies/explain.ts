/** What a policy says to a text, a request or a tool call. */
import type { ExplainRequest, Reply } from '@elida/contracts/api';
import { DIALECTS, type RequestContent } from '@elida/dialects';
import { Fault } from '@elida/kernel';
import type { CompiledPolicy, ExplainInput, Explanation, Segment, ToolCall } from '@elida/policy';
import type { PolicyCompiler } from './compiler.ts';

/** @param label `name@version`; empty of a document that is not stored. @throws Fault invalid where it does not compile. */
export function explainPolicy(
  compiler: PolicyCompiler,
  policy: CompiledPolicy,
  label: string,
  request: ExplainRequest,
): Reply<'explainPolicy'> {
  const { findings, ladder, ...rest } = compiler.explainer(policy)(inputOf(request));
  return {
    policy: label,
    ...rest,
    because: [...rest.because],
    findings: findings.map(viewOf),
    ladder: ladder && { ...ladder },
  };
}

function viewOf({ refs, matches, ...finding }: Explanation['findings'][number]) {
  return {
    ...finding,
    owasp_llm_2025: [...refs.owaspLlm2025],
    owasp_llm_v1_1: [...refs.owaspLlmV11],
    mitre_atlas: [...refs.mitreAtlas],
    matches: matches.map((match) => ({ ...match })),
  };
}

/** @throws Fault invalid where there is nothing to look at. */
function inputOf({
  text,
  role,
  side,
  dialect,
  request,
  tool_call,
  model,
  metrics,
  score,
}: ExplainRequest): ExplainInput {
  const said: Segment[] = text === undefined ? [] : [{ side, role, kind: 'text', text, message: 0, place: 'text' }];
  const wire = dialect === undefined ? null : DIALECTS[dialect];
  const content = wire?.readContent(request) ?? null;
  const asked = model ?? wire?.readRequest(request).model ?? '';
  const segments = [...said, ...(content ? segmentsOf(content) : [])];
  const toolCalls: ToolCall[] = [
    ...(content?.calls ?? []).map((call) => ({ ...call, arguments: parsed(call.arguments) })),
    ...(tool_call ? [{ id: tool_call.name, name: tool_call.name, arguments: tool_call.arguments ?? {} }] : []),
  ];
  const measured = { ...(content ? measuresOf(content) : {}), ...metrics };
  const isEmpty = segments.length + toolCalls.length + Object.keys(measured).length === 0 && asked === '';
  if (isEmpty) throw new Fault('invalid', 'body: one of text, request, tool_call, model, metrics is needed');
  return { segments, toolCalls, model: asked, metrics: measured, score };
}

const segmentsOf = ({ segments }: RequestContent): Segment[] =>
  segments.map(({ role, kind, text, messageIndex, path, inner }) => ({
    side: 'request',
    role,
    kind,
    text,
    message: messageIndex,
    place: inner === null ? path.join('.') : `${path.join('.')}#${inner.join('.')}`,
  }));

const measuresOf = ({ segments, messages, outputTokensMax }: RequestContent): Record<string, number> => ({
  request_text_bytes: segments.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  request_messages: messages,
  ...(outputTokensMax === null ? {} : { max_tokens: outputTokensMax }),
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
