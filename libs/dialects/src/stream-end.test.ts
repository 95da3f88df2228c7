import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { Refusal } from './dialect.ts';
import { replyId } from './reply-id.ts';

const KILLED: Refusal = { code: 'session_killed', message: 'ELIDA: killed', requestId: 'exc_1' };
const SSE = 'text/event-stream; charset=utf-8';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

function endOf(name: keyof typeof DIALECTS, released: readonly string[], refusal = KILLED): string {
  const follower = DIALECTS[name].followStream(SSE);
  for (const events of released) follower?.released(bytes(events));
  return textOf(follower?.end(refusal) ?? new Uint8Array());
}

describe('a running stream ends as its wire ends', () => {
  it('Chat: an error chunk, then [DONE]', () => {
    expect(endOf('openai-chat', [])).toBe(
      'data: {"error":{"message":"ELIDA: killed","type":"permission_error","param":null,"code":"session_killed"}}\n\ndata: [DONE]\n\n',
    );
  });

  it('Anthropic: event error', () => {
    expect(endOf('anthropic-messages', [])).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"permission_error","message":"ELIDA: killed","details":{"error_code":"session_killed"}},"request_id":"exc_1"}\n\n',
    );
  });

  it('Responses: response.failed goes on from the response and the sequence number that the stream had', () => {
    const created = {
      type: 'response.created',
      sequence_number: 0,
      response: { id: 'resp_7', object: 'response', status: 'in_progress', model: 'gpt-5.5', tools: [], output: [] },
    };
    const end = endOf('openai-responses', [
      `: hello\n\nevent: response.created\r\ndata: ${JSON.stringify(created)}\n\n`,
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":41,"delta":"a"}\n\nevent: x\ndata: {"sequence_number": 42}\n\n',
    ]);
    const [event, data] = end.split('\n');
    expect(event).toBe('event: response.failed');
    expect(JSON.parse(data?.slice(6) ?? '')).toEqual({
      type: 'response.failed',
      sequence_number: 43,
      response: expect.objectContaining({
        id: 'resp_7',
        model: 'gpt-5.5',
        status: 'failed',
        error: { code: 'invalid_prompt', message: 'ELIDA: killed' },
      }),
    });
  });

  it('Responses: codes that stop a client for decisions, codes that it repeats for failures', () => {
    const codeOf = (code: Refusal['code']) =>
      JSON.parse(
        endOf('openai-responses', [], { ...KILLED, code })
          .split('\n')[1]
          ?.slice(6) ?? '',
      ).response.error.code;
    expect(codeOf('session_terminated')).toBe('invalid_prompt');
    expect(codeOf('upstream_idle_timeout')).toBe('server_error');
    expect(codeOf('rate_limited')).toBe('rate_limit_exceeded');
  });

  it('whatever has been released before, the end is whole events of valid JSON', () => {
    const names = fc.constantFrom(...(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]));
    fc.assert(
      fc.property(
        names,
        fc.array(fc.string({ unit: 'binary' })),
        fc.string({ unit: 'binary' }),
        (name, seen, message) => {
          const end = endOf(name, seen, { ...KILLED, message });
          expect(end.endsWith('\n\n')).toBe(true);
          for (const line of end.split('\n')) {
            if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
            expect(JSON.stringify(JSON.parse(line.slice(6)))).toContain(JSON.stringify(message).slice(1, -1));
          }
        },
      ),
    );
  });

  it('NDJSON on a plain wire ends with an error line; a body without framing has no native end', () => {
    const follower = DIALECTS.plain.followStream('application/x-ndjson');
    expect(textOf(follower?.end(KILLED) ?? new Uint8Array())).toBe('{"error":"ELIDA: killed"}\n');
    for (const dialect of Object.values(DIALECTS)) expect(dialect.followStream('application/json')).toBeNull();
  });
});

describe('the id of a reply', () => {
  it.each([
    ['{"id":"resp_1","object":"response","output":[{"id":"msg_1"}]}', 'resp_1'],
    ['event: response.created\ndata: {"type":"response.created","response": { "id" : "resp_2"}}\n\n', 'resp_2'],
    ['{"previous_response_id":"resp_0","id":"resp_3"}', 'resp_3'],
    ['event: message_start\ndata: {"type":"message_start","message":{"id":"msg_4"}}', 'msg_4'],
    ['not json', ''],
  ])('%s → %s', (head, id) => {
    expect(replyId(head)).toBe(id);
  });
});
