import { NO_BODY_HINTS } from '@elida/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import { SYSTEM_CHARS_MAX } from './tolerant.ts';

const ALL = Object.values(DIALECTS);

describe('a request is read as far as it says something', () => {
  it('Chat: model, stream, user, cache key, and the system text of system and developer messages', () => {
    const facts = DIALECTS['openai-chat'].readRequest({
      model: 'gpt-5.5',
      stream: true,
      user: 'alice',
      prompt_cache_key: 'key',
      messages: [
        { role: 'system', content: 'You are one. ' },
        { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'later' },
      ],
    });
    expect(facts).toEqual({
      model: 'gpt-5.5',
      stream: true,
      hints: { ...NO_BODY_HINTS, user: 'alice', cacheKey: 'key', system: 'You are one. Be brief.' },
    });
  });

  it('Responses: conversation as id or object, the chain, client metadata, and developer items behind tool items', () => {
    const read = DIALECTS['openai-responses'].readRequest;
    expect(read({ conversation: 'conv_1' }).hints.conversation).toBe('conv_1');
    expect(read({ conversation: { id: 'conv_2' } }).hints.conversation).toBe('conv_2');
    const codex = read({
      type: 'response.create',
      model: 'gpt-6.1-sol',
      previous_response_id: 'resp_1',
      prompt_cache_key: 's-1',
      client_metadata: { session_id: 's-1', thread_id: 't-1', window: 3 },
      input: [
        { type: 'additional_tools', role: 'developer', tools: [] },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are Codex.' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      ],
    });
    expect(codex).toMatchObject({
      model: 'gpt-6.1-sol',
      stream: false,
      hints: { previousReply: 'resp_1', cacheKey: 's-1', system: 'You are Codex.' },
    });
    expect({ ...codex.hints.clientMetadata }).toEqual({ session_id: 's-1', thread_id: 't-1' });
    expect(read({ instructions: 'You are two.', input: 'hi' }).hints.system).toBe('You are two.');
  });

  it('Anthropic: user id, thread, and the system text without the billing block that changes with the prompt', () => {
    const facts = DIALECTS['anthropic-messages'].readRequest({
      model: 'claude-opus-5-5',
      metadata: { user_id: '{"session_id":"s"}' },
      thread: { type: 'continue', previous_message_id: 'msg_1' },
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.331.abc' },
        { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral' } },
      ],
      messages: [],
    });
    expect(facts.hints).toEqual({
      ...NO_BODY_HINTS,
      metadataUserId: '{"session_id":"s"}',
      previousReply: 'msg_1',
      system: 'You are Claude Code.',
    });
  });

  it('keeps a bounded beginning of a giant system prompt', () => {
    const giant = 'word '.repeat(1_000_000);
    for (const body of [
      { messages: [{ role: 'system', content: giant }], input: [{ role: 'system', content: giant }], system: giant },
      { instructions: giant, system: [{ text: giant }], messages: [{ role: 'system', content: [{ text: giant }] }] },
    ])
      for (const dialect of ALL)
        expect(dialect.readRequest(body).hints.system.length).toBeLessThanOrEqual(SYSTEM_CHARS_MAX);
  });

  it('takes junk of any type in any place without throwing, and answers with strings', () => {
    const names = [
      'model',
      'stream',
      'messages',
      'input',
      'system',
      'instructions',
      'metadata',
      'thread',
      'user',
      'conversation',
      'client_metadata',
      'previous_response_id',
      'role',
      'content',
      'text',
      'id',
      'user_id',
    ];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 'system', 'developer', 'x', 1, true, undefined),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('tree')),
        fc.anything(),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(...ALL), (body, dialect) => {
        const { model, stream, hints } = dialect.readRequest(body);
        expect(typeof model).toBe('string');
        expect(typeof stream).toBe('boolean');
        const { clientMetadata, ...texts } = hints;
        for (const value of [...Object.values(texts), ...Object.values(clientMetadata)])
          expect(typeof value).toBe('string');
      }),
      { numRuns: 500 },
    );
  });
});
