import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detect } from './detect.ts';
import { modelInPath } from './path-model.ts';

const ANTHROPIC = { 'anthropic-version': '2023-06-01' };

describe('a wire is known by method, path and headers', () => {
  it.each([
    ['POST', '/v1/chat/completions', {}, 'openai-chat'],
    ['POST', '/openai/v1/chat/completions?api-version=2026-01-01', {}, 'openai-chat'],
    ['POST', '/openai/deployments/gpt-5/chat/completions?api-version=2024-10-21', {}, 'openai-chat'],
    ['POST', '/some/prefix/api/v1/chat/completions', {}, 'openai-chat'],
    ['POST', '/v1/responses', {}, 'openai-responses'],
    ['GET', '/v1/responses', {}, 'openai-responses'],
    ['GET', '/v1/responses/resp_1/input_items?limit=2', {}, 'openai-responses'],
    ['POST', '/v1/responses/compact', {}, 'openai-responses'],
    ['POST', '/openai/responses?api-version=2025-04-01-preview', {}, 'openai-responses'],
    ['GET', '/backend-api/codex/responses', {}, 'openai-responses'],
    ['GET', '/surveys/responses', {}, 'plain'],
    ['POST', '/v1/messages?beta=true', {}, 'anthropic-messages'],
    ['POST', '/anthropic/v1/messages/count_tokens', {}, 'anthropic-messages'],
    ['POST', '/v1/messages/batches', {}, 'anthropic-messages'],
    ['GET', '/v1/models?limit=1000', ANTHROPIC, 'anthropic-messages'],
    ['GET', '/v1/models', { 'anthropic-version': '2026-10-21' }, 'anthropic-messages'],
    ['GET', '/v1/models', {}, 'openai'],
    ['POST', '/v1/embeddings', {}, 'openai'],
    ['POST', '/openai/deployments/ada/embeddings', {}, 'openai'],
    ['POST', '/v1/threads/t_1/messages', {}, 'openai'],
    ['GET', '/v1/models', { 'x-goog-api-key': 'k' }, 'plain'],
    ['POST', '/v1/models/gemini-3-pro:generateContent', {}, 'plain'],
    ['POST', '/v2/chat', {}, 'plain'],
    ['POST', '/api/chat', {}, 'plain'],
    ['HEAD', '/api/hello', {}, 'plain'],
    ['OPTIONS', '*', {}, 'plain'],
    ['GET', '', {}, 'plain'],
  ] as const)('%s %s %j → %s', (method, path, headers, name) => {
    expect(detect(method, path, headers).name).toBe(name);
  });

  it('takes any method, path and headers without throwing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.dictionary(fc.string(), fc.string()), (method, path, headers) => {
        expect(detect(method, path, headers)).toBeDefined();
        expect(typeof modelInPath(path)).toBe('string');
      }),
    );
  });

  it('does not care for what stands in front of the path', () => {
    const prefix = fc.stringMatching(/^(\/[a-u]{1,8}){0,3}$/);
    fc.assert(
      fc.property(prefix, (before) => {
        expect(detect('POST', `${before}/v1/chat/completions`, {}).name).toBe('openai-chat');
        expect(detect('POST', `${before}/v1/responses`, {}).name).toBe('openai-responses');
        expect(detect('POST', `${before}/v1/messages`, {}).name).toBe('anthropic-messages');
      }),
    );
  });
});

describe('a model in the path', () => {
  it.each([
    ['/openai/deployments/gpt-5/chat/completions?api-version=1', 'gpt-5'],
    ['/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse', 'gemini-3-pro'],
    ['/v1/projects/p/locations/l/publishers/google/models/gemini-3:generateContent', 'gemini-3'],
    ['/model/anthropic.claude-opus-5%3A0/converse-stream', 'anthropic.claude-opus-5:0'],
    ['/model/%E0%A4%A/invoke', '%E0%A4%A'],
    ['/v1/chat/completions', ''],
  ])('%s → %s', (path, model) => {
    expect(modelInPath(path)).toBe(model);
  });
});
