/** The same conversation on every wire, and whole replies with usage as their providers write them. */

export interface Said {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface Wire {
  readonly name: 'openai-chat' | 'openai-responses' | 'anthropic-messages';
  readonly path: string;
  /** Status of a refusal that no second try changes. */
  readonly refusal: number;
  request(said: readonly Said[], more?: Record<string, unknown>): string;
  /** A reply that says `text`, as JSON. */
  reply(text: string): string;
  /** The same as a stream. @param usage whether it tells it. */
  stream(text: string, usage?: boolean): string;
}

/** What every reply here cost: of 120 in, 100 were read from a cache; of 30 out, 10 were reasoning (not said by Anthropic). */
export const COST = { input: 120, cached: 100, output: 30, reasoning: 10 };

const event = (data: unknown, name = ''): string =>
  `${name === '' ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const chatUsage = {
  prompt_tokens: COST.input,
  completion_tokens: COST.output,
  total_tokens: COST.input + COST.output,
  prompt_tokens_details: { cached_tokens: COST.cached },
  completion_tokens_details: { reasoning_tokens: COST.reasoning },
};
const chatChunk = (more: Record<string, unknown>) => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.5' },
  ...more,
});

const chat: Wire = {
  name: 'openai-chat',
  path: '/v1/chat/completions',
  refusal: 403,
  request: (said, more) =>
    JSON.stringify({ model: 'gpt-5.5', messages: said.map(({ role, text }) => ({ role, content: text })), ...more }),
  reply: (text) =>
    JSON.stringify({
      ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-5.5' },
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
      usage: chatUsage,
    }),
  stream: (text, usage = true) =>
    event(chatChunk({ choices: [{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: null }] })) +
    event(chatChunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })) +
    (usage ? event(chatChunk({ choices: [], usage: chatUsage })) : '') +
    event('[DONE]'),
};

const responsesReply = (text: string) => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'gpt-5.5' },
  output: [
    {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' },
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: {
    input_tokens: COST.input,
    input_tokens_details: { cached_tokens: COST.cached },
    output_tokens: COST.output,
    output_tokens_details: { reasoning_tokens: COST.reasoning },
    total_tokens: COST.input + COST.output,
  },
});

const responses: Wire = {
  name: 'openai-responses',
  path: '/v1/responses',
  refusal: 400,
  request: (said, more) =>
    JSON.stringify({
      model: 'gpt-5.5',
      input: said.map(({ role, text }) => ({
        ...{ type: 'message', role },
        content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
      })),
      ...more,
    }),
  reply: (text) => JSON.stringify(responsesReply(text)),
  stream(text) {
    const response = responsesReply(text);
    const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const begun = { ...response, status: 'in_progress', output: [], usage: null };
    return [
      { type: 'response.created', response: begun },
      { type: 'response.output_item.added', output_index: 0, item: { ...response.output[0], content: [] } },
      { type: 'response.output_text.delta', ...place, delta: text },
      { type: 'response.output_text.done', ...place, text },
      { type: 'response.output_item.done', output_index: 0, item: response.output[0] },
      { type: 'response.completed', response },
    ]
      .map((data, sequence_number) => event({ ...data, sequence_number }, data.type))
      .join('');
  },
};

/** Anthropic counts what came from the cache beside the input, not in it. */
const anthropicInput = { input_tokens: COST.input - COST.cached, cache_read_input_tokens: COST.cached };
const message = (content: unknown[], usage: object) => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-5', content },
  ...{ stop_reason: content.length === 0 ? null : 'end_turn', stop_sequence: null, usage },
});

const anthropic: Wire = {
  name: 'anthropic-messages',
  path: '/v1/messages',
  refusal: 403,
  request: (said, more) =>
    JSON.stringify({
      ...{ model: 'claude-opus-5', max_tokens: 1_000 },
      messages: said.map(({ role, text }) => ({ role, content: [{ type: 'text', text }] })),
      ...more,
    }),
  reply: (text) =>
    JSON.stringify(
      message([{ type: 'text', text }], {
        ...anthropicInput,
        cache_creation_input_tokens: 0,
        output_tokens: COST.output,
      }),
    ),
  stream: (text) =>
    [
      {
        type: 'message_start',
        message: message([], { ...anthropicInput, cache_creation_input_tokens: 0, output_tokens: 1 }),
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: COST.output },
      },
      { type: 'message_stop' },
    ]
      .map((data) => event(data, data.type))
      .join(''),
};

export const WIRES: readonly Wire[] = [chat, responses, anthropic];
