/** The wires of the scripted provider: one turn as Anthropic Messages, OpenAI Responses or Chat, as events or whole. */
import type { ServerResponse } from 'node:http';

export interface AgentUpstreamOptions {
  /** Runs in the agent's shell. */
  readonly command?: string;
  readonly finalText?: string;
  /** Words of a slow answer; 0 = no slow answer. */
  readonly slowWords?: number;
  readonly paceMs?: number;
  readonly webSocket?: boolean;
  /** First hands a sub-task to the agent's own sub-agent (Claude Code `Agent`, opencode `task`). */
  readonly delegate?: boolean;
}

export interface Turn {
  readonly id: string;
  readonly tool: { name: string; input: Record<string, unknown>; custom: boolean } | null;
  readonly words: readonly string[];
  readonly paceMs: number;
}

export type Json = Record<string, unknown>;
const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** The shell tool among the offered ones, in the shape that its client expects. */
function shellTool(tools: Json[], command: string): Turn['tool'] {
  for (const tool of tools) {
    if (tool.type === 'namespace') {
      const inner = shellTool(list(tool.tools), command);
      if (inner) return inner;
    }
    const name = String(tool.name ?? (tool.function as Json | undefined)?.name ?? '');
    if (tool.type === 'custom' && name === 'exec')
      return {
        name,
        custom: true,
        input: { source: `text(await tools.exec_command({cmd: ${JSON.stringify(command)}}))` },
      };
    if (name === 'Bash' || name === 'bash') return { name, custom: false, input: { command, description: 'run it' } };
    if (name === 'exec_command') return { name, custom: false, input: { cmd: command } };
    if (name === 'shell') return { name, custom: false, input: { command: ['bash', '-lc', command] } };
    if (name === 'shell_command') return { name, custom: false, input: { command } };
  }
  return null;
}

const SUB_TASK = 'SUBTASK: say that it is done';
const SUB_AGENTS: Readonly<Record<string, string>> = { Agent: 'general-purpose', task: 'general' };

function subAgentTool(tools: Json[]): Turn['tool'] {
  for (const { name } of tools) {
    const kind = SUB_AGENTS[String(name)];
    if (kind !== undefined) {
      const input = { description: 'a small task', prompt: SUB_TASK, subagent_type: kind };
      return { name: String(name), custom: false, input };
    }
  }
  return null;
}

const hasToolResult = (text: string): boolean =>
  /"type":\s*"(tool_result|function_call_output|custom_tool_call_output)"|"role":\s*"tool"/.test(text);

export function plan(body: string, path: string, options: AgentUpstreamOptions, n: number): Turn {
  const request = JSON.parse(body || '{}') as Json;
  const tools = [
    ...list(request.tools),
    ...list(request.input).flatMap((item) => (item.type === 'additional_tools' ? list(item.tools) : [])),
  ];
  const slow = options.slowWords ?? 0;
  const words =
    slow > 0 ? Array.from({ length: slow }, (_, i) => `word${i} `) : [options.finalText ?? 'The task is done.'];
  if (options.delegate && !hasToolResult(body) && !body.includes(SUB_TASK)) {
    return { id: `${n}`, tool: subAgentTool(tools), words, paceMs: 0 };
  }
  const tool =
    options.delegate || slow > 0 || hasToolResult(body) || path.includes('count_tokens')
      ? null
      : shellTool(tools, options.command ?? 'echo elida-was-here');
  return { id: `${n}`, tool, words, paceMs: slow > 0 ? (options.paceMs ?? 20) : 0 };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export type Emit = (event: string, data: Json) => boolean;

async function anthropic(turn: Turn, emit: Emit): Promise<void> {
  const usage = { input_tokens: 30, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = {
    id: `msg_${turn.id}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-scripted',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  emit('message_start', { type: 'message_start', message });
  if (turn.tool) {
    emit('content_block_start', {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: `toolu_${turn.id}`, name: turn.tool.name, input: {} },
    });
    emit('content_block_delta', {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(turn.tool.input) },
    });
  } else {
    emit('content_block_start', { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    for (const word of turn.words) {
      if (
        !emit('content_block_delta', {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text: word },
        })
      )
        return;
      if (turn.paceMs) await sleep(turn.paceMs);
    }
  }
  emit('content_block_stop', { type: 'content_block_stop', index: 0 });
  emit('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: turn.tool ? 'tool_use' : 'end_turn', stop_sequence: null },
    usage: { output_tokens: 20 },
  });
  emit('message_stop', { type: 'message_stop' });
}

/** @returns the finished item of a tool call, its events sent. */
function toolItem({ id, tool }: Turn & { tool: NonNullable<Turn['tool']> }, send: Emit): Json {
  const [field, input] = tool.custom
    ? (['input', String(tool.input.source)] as const)
    : (['arguments', JSON.stringify(tool.input)] as const);
  const item: Json = {
    type: tool.custom ? 'custom_tool_call' : 'function_call',
    id: `${tool.custom ? 'ctc' : 'fc'}_${id}`,
    call_id: `call_${id}`,
    name: tool.name,
    [field]: input,
    status: 'completed',
  };
  const event = tool.custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments';
  send('response.output_item.added', { output_index: 0, item: { ...item, [field]: '', status: 'in_progress' } });
  send(`${event}.delta`, { output_index: 0, item_id: item.id, delta: input });
  send(`${event}.done`, { output_index: 0, item_id: item.id, [field]: input });
  return item;
}

/** @returns the finished item of a text, its events sent at their pace; null where nobody listens any more. */
async function textItem(turn: Turn, send: Emit): Promise<Json | null> {
  const id = `item_${turn.id}`;
  const message = { type: 'message', id, role: 'assistant' };
  const at = { output_index: 0, content_index: 0, item_id: id };
  send('response.output_item.added', { output_index: 0, item: { ...message, status: 'in_progress', content: [] } });
  send('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
  for (const word of turn.words) {
    if (!send('response.output_text.delta', { ...at, delta: word })) return null;
    if (turn.paceMs) await sleep(turn.paceMs);
  }
  const part = { type: 'output_text', text: turn.words.join(''), annotations: [] };
  send('response.output_text.done', { ...at, text: part.text });
  send('response.content_part.done', { ...at, part });
  return { ...message, status: 'completed', content: [part] };
}

export async function responses(turn: Turn, emit: Emit): Promise<void> {
  let sequence = 0;
  const send: Emit = (type, data) => emit(type, { type, sequence_number: sequence++, ...data });
  const usage = {
    input_tokens: 30,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 50,
  };
  const response = {
    id: `resp_${turn.id}`,
    object: 'response',
    created_at: 1,
    status: 'in_progress',
    model: 'gpt-scripted',
    output: [] as Json[],
  };
  send('response.created', { response });
  send('response.in_progress', { response });
  const { tool } = turn;
  const item = tool ? toolItem({ ...turn, tool }, send) : await textItem(turn, send);
  if (item === null) return;
  send('response.output_item.done', { output_index: 0, item });
  send('response.completed', { response: { ...response, status: 'completed', output: [item], usage } });
}

async function chat(turn: Turn, emit: Emit): Promise<void> {
  const base = { id: `chatcmpl-${turn.id}`, object: 'chat.completion.chunk', created: 1, model: 'gpt-scripted' };
  const chunk = (delta: Json, finish: string | null = null): boolean =>
    emit('', { ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
  chunk({ role: 'assistant', content: '' });
  if (turn.tool) {
    chunk({
      tool_calls: [
        { index: 0, id: `call_${turn.id}`, type: 'function', function: { name: turn.tool.name, arguments: '' } },
      ],
    });
    chunk({ tool_calls: [{ index: 0, function: { arguments: JSON.stringify(turn.tool.input) } }] });
  } else {
    for (const word of turn.words) {
      if (!chunk({ content: word })) return;
      if (turn.paceMs) await sleep(turn.paceMs);
    }
  }
  chunk({}, turn.tool ? 'tool_calls' : 'stop');
  emit('', { ...base, choices: [], usage: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 } });
}

/** The non-streaming form of a turn, gathered from its events. */
async function whole(kind: 'anthropic' | 'responses' | 'chat', turn: Turn): Promise<Json> {
  if (kind === 'responses') {
    let last: Json = {};
    await responses({ ...turn, paceMs: 0 }, (_event, data) => {
      last = data;
      return true;
    });
    return last.response as Json;
  }
  const text = turn.words.join('');
  if (kind === 'anthropic')
    return {
      id: `msg_${turn.id}`,
      type: 'message',
      role: 'assistant',
      model: 'claude-scripted',
      stop_sequence: null,
      stop_reason: turn.tool ? 'tool_use' : 'end_turn',
      content: turn.tool
        ? [{ type: 'tool_use', id: `toolu_${turn.id}`, name: turn.tool.name, input: turn.tool.input }]
        : [{ type: 'text', text }],
      usage: { input_tokens: 30, output_tokens: 20 },
    };
  const message: Json = turn.tool
    ? {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: `call_${turn.id}`,
            type: 'function',
            function: { name: turn.tool.name, arguments: JSON.stringify(turn.tool.input) },
          },
        ],
      }
    : { role: 'assistant', content: text, refusal: null };
  return {
    id: `chatcmpl-${turn.id}`,
    object: 'chat.completion',
    created: 1,
    model: 'gpt-scripted',
    choices: [{ index: 0, message, finish_reason: turn.tool ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 },
  };
}

const SCRIPTS = { anthropic, responses, chat } as const;
type Kind = keyof typeof SCRIPTS;

export function kindOf(path: string): Kind | null {
  if (path.includes('/messages')) return 'anthropic';
  if (path.includes('/responses')) return 'responses';
  if (path.includes('/chat/completions')) return 'chat';
  return null;
}

export async function answer(kind: Kind, turn: Turn, streamed: boolean, response: ServerResponse): Promise<void> {
  if (!streamed) {
    if (turn.paceMs) await sleep(turn.paceMs * turn.words.length);
    const text = JSON.stringify(await whole(kind, turn));
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  await SCRIPTS[kind](turn, (event, data) => {
    if (response.destroyed) return false;
    response.write(`${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
    return true;
  });
  if (kind === 'chat') response.write('data: [DONE]\n\n');
  response.end();
}
