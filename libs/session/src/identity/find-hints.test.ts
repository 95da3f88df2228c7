/** The header sets are those of real clients: Claude Code 2.1.331, Codex 0.169.0, opencode 1.18.33. */
import { type BodyHints, NO_BODY_HINTS } from '@elida/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClientProbe } from './agents.ts';
import { findHints, SESSION_HEADERS } from './find-hints.ts';
import type { Headers } from './headers.ts';

const find = (headers: Headers, body: Partial<BodyHints> | null = null) =>
  findHints(headers, body && { ...NO_BODY_HINTS, ...body }, { sessionHeaders: SESSION_HEADERS });

const SESSION = '62cd64e8-102c-44f0-a842-36b03a804af7';
const THREAD = '01a20ffb-9999-7f22-bfaf-b34decec16c6';
const claude = (headers: Headers = {}): Headers => ({
  'user-agent': 'claude-cli/2.1.331 (external, sdk-cli)',
  'x-claude-code-session-id': SESSION,
  'anthropic-version': '2023-06-01',
  'x-api-key': 'sk-ant-fake',
  ...headers,
});
const turn = (fields: object): string => JSON.stringify({ session_id: SESSION, request_kind: 'turn', ...fields });
const codex = (headers: Headers = {}): Headers => ({
  originator: 'codex_exec',
  'session-id': SESSION,
  'thread-id': SESSION,
  'x-codex-window-id': `${SESSION}:0`,
  'x-codex-turn-metadata': turn({ thread_id: SESSION }),
  ...headers,
});
const within = (...parts: string[]): string => parts.join('\u001f');

describe('Claude Code', () => {
  const main = { kind: 'claude-code', scope: 'claude-code', value: SESSION };

  it('is one session, by header, by metadata.user_id, and by its older form', () => {
    expect(find(claude()).hint).toEqual(main);
    const userId = JSON.stringify({ device_id: 'd', account_uuid: '', session_id: SESSION });
    expect(find({}, { metadataUserId: userId }).hint).toEqual(main);
    expect(find({}, { metadataUserId: `user_ab12_account_x_session_${SESSION}` }).hint).toEqual(main);
  });

  it('a sub-agent is a child of the session, a nested one of its sub-agent', () => {
    const child = find(claude({ 'x-claude-code-agent-id': 'a1', 'x-claude-code-request-class': 'subagent' }));
    expect(child.hint?.value).toBe(within(SESSION, 'a1'));
    expect(child.parent).toEqual(main);
    expect(child.requestClass).toBe('subagent');
    const nested = find(claude({ 'x-claude-code-agent-id': 'a2', 'x-claude-code-parent-agent-id': 'a1' }));
    expect(nested.parent?.value).toBe(child.hint?.value);
  });

  it('the main thread is never a child of itself', () => {
    const found = find(claude({ 'x-claude-code-agent-id': 'a0', 'x-claude-code-request-class': 'main' }));
    expect([found.hint, found.parent]).toEqual([main, null]);
  });

  it('a session header of the operator holds sub-agents together too', () => {
    const found = find(claude({ 'x-session-id': 'job-7', 'x-claude-code-agent-id': 'a1' }));
    expect(found.hint?.value).toBe(within('job-7', 'a1'));
    expect(found.parent).toMatchObject({ scope: 'explicit', value: 'job-7' });
  });

  it('its greeting is neither a session nor a failed login', () => {
    expect(isClientProbe('HEAD', '/api/hello')).toBe(true);
    expect(isClientProbe('HEAD', '/gateway/api/hello?x=1')).toBe(true);
    expect(isClientProbe('GET', '/api/hello')).toBe(false);
    expect(isClientProbe('HEAD', '/v1/messages?x=/api/hello')).toBe(false);
  });
});

describe('Codex', () => {
  const main = { kind: 'codex', scope: 'codex', value: SESSION };

  it('is one session: headers, turn metadata, frame metadata, cache key', () => {
    expect(find(codex()).hint).toEqual(main);
    expect(find(codex()).requestClass).toBe('turn');
    expect(find({ 'x-codex-turn-metadata': turn({}) }).hint).toEqual(main);
    expect(find({}, { clientMetadata: { session_id: SESSION, thread_id: SESSION } }).hint).toEqual(main);
    expect(find({ originator: 'codex_exec' }, { cacheKey: SESSION }).hint).toEqual(main);
  });

  it('a sub-agent has the session and another thread: a child of the thread that started it', () => {
    const child = find(codex({ 'thread-id': THREAD, 'x-codex-parent-thread-id': SESSION }));
    expect([child.hint?.value, child.parent]).toEqual([within(SESSION, THREAD), main]);
    const nested = find(codex({ 'thread-id': 't-3', 'x-codex-parent-thread-id': THREAD }));
    expect(nested.parent?.value).toBe(child.hint?.value);
    const framed = {
      session_id: SESSION,
      thread_id: 't-3',
      'x-codex-turn-metadata': turn({ parent_thread_id: THREAD }),
    };
    expect(find({}, { clientMetadata: framed })).toMatchObject({ hint: nested.hint, parent: nested.parent });
  });
});

describe('others', () => {
  it('opencode: its session header, and the parent of a child session', () => {
    const id = 'ses_5d1aB2c3D4e5F6g7H8i9J0k1L2';
    const found = find({ 'x-session-id': id, 'x-session-affinity': id, 'x-parent-session-id': 'ses_parent' });
    expect(found.hint).toEqual({ kind: 'opencode', scope: 'explicit', value: id });
    expect(found.parent).toMatchObject({ scope: 'explicit', value: 'ses_parent' });
    expect(find({ 'x-session-id': 'ses_parent' }).hint?.value).toBe(found.parent?.value);
  });

  it('configured headers come first, in their order; x-cylestio names count as well', () => {
    expect(find(claude({ 'x-session-id': 'b', 'x-elida-session-id': 'a' })).hint).toEqual({
      kind: 'x-elida-session-id',
      scope: 'explicit',
      value: 'a',
    });
    expect(find({ 'x-cylestio-session-id': 'c' }).hint).toMatchObject({ scope: 'explicit', value: 'c' });
    expect(findHints({ 'x-mine': 'd' }, null, { sessionHeaders: ['x-mine'] }).hint?.value).toBe('d');
  });

  it('the chain is asked before the weak hints, and never where something stronger names the session', () => {
    const said = { previousReply: 'resp_1', user: 'alice' };
    expect(find({}, said)).toMatchObject({ previousReply: 'resp_1', hint: { kind: 'user', value: 'alice' } });
    expect(find({}, { ...said, conversation: 'conv_1' })).toMatchObject({
      previousReply: '',
      hint: { kind: 'conversation' },
    });
    expect(find({ 'x-session-id': 's' }, said).previousReply).toBe('');
  });

  it('baggage, MCP session, cache key, user, and nothing', () => {
    expect(find({ baggage: 'a=b,gen_ai.conversation.id=c%201;p=2' }).hint).toMatchObject({
      kind: 'baggage',
      value: 'c 1',
    });
    expect(find({ baggage: 'gen_ai.conversation.id=%E0%A4%A' }).hint?.value).toBe('%E0%A4%A');
    expect(find({ 'mcp-session-id': 'm' }).hint?.kind).toBe('mcp');
    expect(find({}, { cacheKey: 'k', user: 'u' }).hint?.kind).toBe('cache-key');
    expect(find({}, { metadataUserId: 'u-1' }).hint).toEqual({ kind: 'user', scope: 'user', value: 'u-1' });
    expect(find({}, {}).hint).toBeNull();
  });

  it('a parent by session id is handed over to be checked; by name it is the caller’s own', () => {
    const sid = `ses_${'a2'.repeat(13)}`;
    expect(find({ 'x-elida-parent-session': sid })).toMatchObject({ parent: null, parentSid: sid });
    expect(find({ 'x-elida-parent-session': 'job' })).toMatchObject({ parent: { value: 'job' }, parentSid: '' });
    expect(find({ 'x-session-id': 'job', 'x-elida-parent-session': 'job' }).parent).toBeNull();
  });
});

describe('whatever arrives', () => {
  const junk = fc.string({ unit: 'binary', maxLength: 40 });
  const value = fc.oneof(junk, fc.constantFrom(SESSION, THREAD, '{', turn({}), 'ses_x', ' ', 'a,b'));
  const names = [
    ...SESSION_HEADERS,
    ...Object.keys(codex()),
    ...['x-claude-code-session-id', 'x-claude-code-agent-id', 'x-claude-code-parent-agent-id', 'x-session-affinity'],
    ...['x-parent-session-id', 'x-elida-parent-session', 'baggage', 'mcp-session-id', 'x-elida-tags', 'session_id'],
  ];
  const headers = fc.dictionary(fc.constantFrom(...names), value);
  const body = fc.record({
    conversation: value,
    previousReply: value,
    cacheKey: value,
    user: value,
    metadataUserId: value,
    clientMetadata: fc.dictionary(fc.constantFrom('session_id', 'thread_id', 'x-codex-turn-metadata'), value),
    system: value,
  });

  it('nothing throws, no hint holds a control character but the joint of a thread, nothing is its own parent', () => {
    fc.assert(
      fc.property(headers, body, (given, said) => {
        const found = find(given, said);
        if (found.hint) expect(found.hint.value.replaceAll('\u001f', '')).not.toMatch(/\p{Cc}/u);
        if (found.hint && found.parent?.scope === found.hint.scope)
          expect(found.parent.value).not.toBe(found.hint.value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('what the headers say holds before the body has arrived, and no body changes it', () => {
    fc.assert(
      fc.property(headers, body, (given, said) => {
        const early = find(given);
        fc.pre(early.hint !== null);
        expect(find(given, said)).toEqual(early);
      }),
      { numRuns: 1_000 },
    );
  });
});
