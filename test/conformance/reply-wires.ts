/** Replies that providers write, from what the model said: every wire, as a stream and as a body. */
import type { DialectName } from '@elida/dialects';

export interface Said {
  readonly kind: 'text' | 'reasoning' | 'call';
  readonly choice: number;
  /** Of a call: JSON text. */
  readonly pieces: readonly string[];
}

/** What every call is of. */
export const TOOL = 'run';

export interface Wire {
  readonly name: string;
  readonly dialect: DialectName;
  readonly type: { readonly json: string; readonly stream: string };
  /** What it can carry. */
  readonly places: readonly Place[];
  json(said: readonly Said[]): string;
  /** Events, each with its end. */
  stream(said: readonly Said[], lineEnd: string): string[];
}

/** `tool call`: what a rule on tools is about, not on words. */
export type Place = 'text' | 'tool arguments' | 'tool call' | 'reasoning' | 'n > 1';

const SSE = 'text/event-stream; charset=utf-8';
const JSON_TYPE = 'application/json';
const data = (value: unknown, end: string): string => `data: ${JSON.stringify(value)}${end}${end}`;
const named = (value: { readonly type: string }, end: string): string =>
  `event: ${value.type}${end}${data(value, end)}`;
const whole = ({ pieces }: Said): string => pieces.join('');
const choicesOf = (said: readonly Said[]): number[] => [...new Set(said.map(({ choice }) => choice))].sort();
const CHAT_USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

const chatFunction = (said: Said, args: string, index: number) => ({
  index,
  id: `call_${said.choice}_${index}`,
  type: 'function',
  function: { name: TOOL, arguments: args },
});

function chatMessage(said: readonly Said[], choice: number) {
  const own = said.filter((one) => one.choice === choice);
  const text = own.filter(({ kind }) => kind === 'text').map(whole);
  const reasoning = own.filter(({ kind }) => kind === 'reasoning').map(whole);
  const calls = own.filter(({ kind }) => kind === 'call');
  return {
    index: choice,
    message: {
      role: 'assistant',
      content: text.length > 0 ? text.join('') : null,
      ...(reasoning.length > 0 ? { reasoning_content: reasoning.join('') } : {}),
      ...(calls.length > 0 ? { tool_calls: calls.map((call, at) => chatFunction(call, whole(call), at)) } : {}),
    },
    finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
  };
}

/** Pieces of the choices in turn, as servers send them. */
function inTurn(said: readonly Said[]): { readonly said: Said; readonly piece: string; readonly first: boolean }[] {
  const queues = choicesOf(said).map((choice) =>
    said
      .filter((one) => one.choice === choice)
      .flatMap((one) => one.pieces.map((piece, at) => ({ said: one, piece, first: at === 0 }))),
  );
  const out = [];
  for (let at = 0; queues.some((queue) => at < queue.length); at++)
    for (const queue of queues) if (queue[at]) out.push(queue[at]);
  return out as ReturnType<typeof inTurn>;
}

const CHAT_HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1764000000, model: 'm' };

const chat: Wire = {
  name: 'Chat',
  dialect: 'openai-chat',
  type: { json: JSON_TYPE, stream: SSE },
  places: ['text', 'tool arguments', 'tool call', 'reasoning', 'n > 1'],
  json: (said) =>
    JSON.stringify({
      ...{ ...CHAT_HEAD, object: 'chat.completion' },
      choices: choicesOf(said).map((choice) => chatMessage(said, choice)),
      usage: CHAT_USAGE,
    }),
  stream(said, end) {
    const chunk = (index: number, delta: object, finish: string | null = null) =>
      data({ ...CHAT_HEAD, choices: [{ index, delta, finish_reason: finish }] }, end);
    const calls = new Map<Said, number>();
    const events = choicesOf(said).map((choice) => chunk(choice, { role: 'assistant', content: '' }));
    for (const { said: one, piece, first } of inTurn(said)) {
      if (one.kind === 'text') events.push(chunk(one.choice, { content: piece }));
      else if (one.kind === 'reasoning') events.push(chunk(one.choice, { reasoning_content: piece }));
      else {
        if (first) calls.set(one, [...calls.keys()].filter(({ choice }) => choice === one.choice).length);
        const index = calls.get(one) ?? 0;
        const delta = first ? chatFunction(one, piece, index) : { index, function: { arguments: piece } };
        events.push(chunk(one.choice, { tool_calls: [delta] }));
      }
    }
    const hasCalls = said.some(({ kind }) => kind === 'call');
    for (const choice of choicesOf(said)) events.push(chunk(choice, {}, hasCalls ? 'tool_calls' : 'stop'));
    return [...events, data({ ...CHAT_HEAD, choices: [], usage: CHAT_USAGE }, end), `data: [DONE]${end}${end}`];
  },
};

const LEGACY_HEAD = { id: 'cmpl-1', object: 'text_completion', created: 1764000000, model: 'm' };

const completions: Wire = {
  name: 'Completions (legacy)',
  dialect: 'openai',
  type: { json: JSON_TYPE, stream: SSE },
  places: ['text', 'n > 1'],
  json: (said) =>
    JSON.stringify({
      ...LEGACY_HEAD,
      choices: said.map((one) => ({ index: one.choice, text: whole(one), logprobs: null, finish_reason: 'stop' })),
      usage: CHAT_USAGE,
    }),
  stream(said, end) {
    const chunk = (index: number, text: string, finish: string | null) =>
      data({ ...LEGACY_HEAD, choices: [{ index, text, logprobs: null, finish_reason: finish }] }, end);
    return [
      ...inTurn(said).map(({ said: one, piece }) => chunk(one.choice, piece, null)),
      ...choicesOf(said).map((choice) => chunk(choice, '', 'stop')),
      `data: [DONE]${end}${end}`,
    ];
  },
};

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };

function block(one: Said, at: number, filled: boolean) {
  if (one.kind === 'text') return { type: 'text', text: filled ? whole(one) : '' };
  if (one.kind === 'reasoning') return { type: 'thinking', thinking: filled ? whole(one) : '', signature: '' };
  return { type: 'tool_use', id: `toolu_${at}`, name: TOOL, input: filled ? JSON.parse(whole(one)) : {} };
}

const messages: Wire = {
  name: 'Anthropic Messages',
  dialect: 'anthropic-messages',
  type: { json: JSON_TYPE, stream: SSE },
  places: ['text', 'tool arguments', 'tool call', 'reasoning'],
  json: (said) =>
    JSON.stringify({
      ...MESSAGE,
      content: said.map((one, at) => block(one, at, true)),
      stop_reason: said.some(({ kind }) => kind === 'call') ? 'tool_use' : 'end_turn',
      usage: { input_tokens: 11, output_tokens: 7 },
    }),
  stream(said, end) {
    const message = { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 11, output_tokens: 1 } };
    const events = [named({ type: 'message_start', message } as { type: string }, end)];
    for (const [index, one] of said.entries()) {
      const start = { type: 'content_block_start', index, content_block: block(one, index, false) };
      events.push(named(start, end), `event: ping${end}data: {"type": "ping"}${end}${end}`);
      for (const piece of one.pieces) {
        const delta =
          one.kind === 'text'
            ? { type: 'text_delta', text: piece }
            : one.kind === 'reasoning'
              ? { type: 'thinking_delta', thinking: piece }
              : { type: 'input_json_delta', partial_json: piece };
        events.push(named({ type: 'content_block_delta', index, delta } as { type: string }, end));
      }
      events.push(named({ type: 'content_block_stop', index } as { type: string }, end));
    }
    const stop = said.some(({ kind }) => kind === 'call') ? 'tool_use' : 'end_turn';
    const delta = { stop_reason: stop, stop_sequence: null };
    events.push(named({ type: 'message_delta', delta, usage: { output_tokens: 7 } } as { type: string }, end));
    return [...events, named({ type: 'message_stop' }, end)];
  },
};

const RESPONSES_USAGE = {
  ...{ input_tokens: 11, output_tokens: 7, total_tokens: 18 },
  ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
};

function outputItem(one: Said, at: number, filled: boolean) {
  const status = filled ? 'completed' : 'in_progress';
  if (one.kind === 'call') {
    const call = { id: `fc_${at}`, type: 'function_call', status, call_id: `call_${at}`, name: TOOL };
    return { ...call, arguments: filled ? whole(one) : '' };
  }
  if (one.kind === 'reasoning') {
    const summary = filled ? [{ type: 'summary_text', text: whole(one) }] : [];
    return { id: `rs_${at}`, type: 'reasoning', summary };
  }
  const content = filled ? [{ type: 'output_text', text: whole(one), annotations: [] }] : [];
  return { id: `msg_${at}`, type: 'message', status, role: 'assistant', content };
}

const response = (said: readonly Said[], status: string, filled: boolean) => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1764000000, status, error: null, incomplete_details: null },
  ...{ instructions: null, metadata: {}, model: 'm', parallel_tool_calls: true, temperature: 1, top_p: 1 },
  ...{ tool_choice: 'auto', tools: [] },
  output: filled ? said.map((one, at) => outputItem(one, at, true)) : [],
  usage: filled ? RESPONSES_USAGE : null,
});

function itemEvents(one: Said, at: number): ({ type: string } & Record<string, unknown>)[] {
  const place = { output_index: at, item_id: `item_${at}` };
  const text = whole(one);
  const added = { type: 'response.output_item.added', output_index: at, item: outputItem(one, at, false) };
  const done = { type: 'response.output_item.done', output_index: at, item: outputItem(one, at, true) };
  if (one.kind === 'call') {
    const type = 'response.function_call_arguments';
    const deltas = one.pieces.map((delta) => ({ ...place, type: `${type}.delta`, delta }));
    return [added, ...deltas, { ...place, type: `${type}.done`, arguments: text }, done];
  }
  const isText = one.kind === 'text';
  const type = isText ? 'response.output_text' : 'response.reasoning_summary_text';
  const where = { ...place, ...(isText ? { content_index: 0 } : { summary_index: 0 }) };
  const part = (said: string) =>
    isText ? { type: 'output_text', text: said, annotations: [] } : { type: 'summary_text', text: said };
  const partType = isText ? 'response.content_part' : 'response.reasoning_summary_part';
  return [
    added,
    { ...where, type: `${partType}.added`, part: part('') },
    ...one.pieces.map((delta) => ({ ...where, type: `${type}.delta`, delta })),
    { ...where, type: `${type}.done`, text },
    { ...where, type: `${partType}.done`, part: part(text) },
    done,
  ];
}

const responses: Wire = {
  name: 'Responses',
  dialect: 'openai-responses',
  type: { json: JSON_TYPE, stream: SSE },
  places: ['text', 'tool arguments', 'tool call', 'reasoning'],
  json: (said) => JSON.stringify(response(said, 'completed', true)),
  stream(said, end) {
    const events = [
      { type: 'response.created', response: response(said, 'in_progress', false) },
      { type: 'response.in_progress', response: response(said, 'in_progress', false) },
      ...said.flatMap(itemEvents),
      { type: 'response.completed', response: response(said, 'completed', true) },
    ];
    return events.map((event, at) => named({ ...event, sequence_number: at } as { type: string }, end));
  },
};

const sseJson: Wire = {
  name: 'other SSE',
  dialect: 'plain',
  type: { json: JSON_TYPE, stream: SSE },
  places: ['text'],
  json: (said) => JSON.stringify({ model: 'm', answer: said.map(whole).join(''), done: true }),
  stream: (said, end) => [
    `: hello${end}${end}`,
    ...inTurn(said).map(({ piece }) => data({ model: 'some model', token: { text: piece } }, end)),
    data({ done: true }, end),
  ],
};

const ndjson: Wire = {
  name: 'NDJSON',
  dialect: 'plain',
  type: { json: JSON_TYPE, stream: 'application/x-ndjson' },
  places: ['text'],
  json: sseJson.json,
  stream: (said, end) => [
    ...inTurn(said).map(({ piece }) => {
      const line = {
        model: 'llama',
        created_at: '2026-01-02T03:04:05.678Z',
        message: { role: 'assistant', content: piece },
      };
      return `${JSON.stringify({ ...line, done: false })}${end}`;
    }),
    `${JSON.stringify({ done: true, eval_count: 7 })}${end}`,
  ],
};

export const WIRES: readonly Wire[] = [chat, responses, messages, completions, sseJson, ndjson];
