import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSid, identify, replyKeyOf } from './derive.ts';
import { findHints } from './find-hints.ts';
import { isOwnHeader } from './headers.ts';
import type { Hint } from './hint.ts';

const mac = (data: string): Uint8Array => createHmac('sha256', 'a key of an installation').update(data).digest();
const CALLER = { tenant: 'default', principal: 'key:one' };
const id = (headers: Record<string, string>, backend = 'openai', caller = CALLER) =>
  identify(mac, caller, findHints(headers, null, { sessionHeaders: ['x-session-id'] }), backend);

const hintOf = fc.record({
  scope: fc.constantFrom<Hint['scope']>('explicit', 'codex', 'user', 'client'),
  value: fc.string({ unit: 'binary', maxLength: 700 }),
});
const caller = fc.record({ tenant: fc.string({ unit: 'binary' }), principal: fc.string({ unit: 'binary' }) });

describe('a session id', () => {
  it('is 128 bits in base32, and the same for the same caller and hint', () => {
    fc.assert(
      fc.property(caller, hintOf, (who, hint) => {
        const sid = deriveSid(mac, who, hint);
        expect(sid).toMatch(/^ses_[a-z2-7]{26}$/);
        expect(deriveSid(mac, { ...who }, { ...hint })).toBe(sid);
      }),
    );
  });

  it('is another for another tenant, principal, scope or hint: nobody can name someone else’s session', () => {
    fc.assert(
      fc.property(caller, hintOf, caller, hintOf, (who, hint, other, otherHint) => {
        const same =
          who.tenant === other.tenant &&
          who.principal === other.principal &&
          hint.scope === otherHint.scope &&
          hint.value === otherHint.value;
        expect(deriveSid(mac, who, hint) === deriveSid(mac, other, otherHint)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });

  it('no text moves the border between tenant, principal and hint', () => {
    const shapes = [
      ['a', 'b', 'c'],
      ['a","b', 'c', ''],
      ['a', 'b","explicit","c', ''],
      ['ab', '', 'c'],
      ['a', 'bc', ''],
    ] as const;
    const sids = shapes.map(([tenant, principal, value]) =>
      deriveSid(mac, { tenant, principal }, { scope: 'explicit', value }),
    );
    expect(new Set(sids).size).toBe(shapes.length);
  });

  it('a hint longer than its limit counts by its digest: whole, not cut', () => {
    const long = 'x'.repeat(600);
    expect(deriveSid(mac, CALLER, { scope: 'explicit', value: `${long}a` })).not.toBe(
      deriveSid(mac, CALLER, { scope: 'explicit', value: `${long}b` }),
    );
  });

  it('the backend counts only where nothing names the conversation', () => {
    expect(id({ 'x-session-id': 's' }, 'openai').sid).toBe(id({ 'x-session-id': 's' }, 'anthropic').sid);
    expect(id({}, 'openai').sid).not.toBe(id({}, 'anthropic').sid);
  });

  it('the parent of a sub-agent is the session that its parent has', () => {
    const main = { 'x-claude-code-session-id': 'c-1' };
    expect(id({ ...main, 'x-claude-code-agent-id': 'a' }).parent).toBe(id(main).sid);
    const foreign = id({ ...main, 'x-claude-code-agent-id': 'a' }, 'openai', { ...CALLER, principal: 'key:two' });
    expect(foreign.parent).not.toBe(id(main).sid);
  });

  it('a reply id leads only its own caller back', () => {
    expect(replyKeyOf(mac, CALLER, 'resp_1')).toMatch(/^rep_[a-z2-7]{26}$/);
    expect(replyKeyOf(mac, CALLER, 'resp_1')).not.toBe(replyKeyOf(mac, { ...CALLER, principal: 'x' }, 'resp_1'));
  });
});

describe('the name that people see', () => {
  it('client and backend, one client the same on every backend', () => {
    const first = id({}, 'openai').displayName;
    expect(first).toMatch(/^client-[0-9a-f]{8}-openai$/);
    expect(id({}, 'anthropic').displayName).toBe(first.replace('openai', 'anthropic'));
  });

  it('the caller’s own name for it, but never one that looks like ours', () => {
    expect(id({ 'x-session-id': 'nightly-42' }).displayName).toBe('nightly-42');
    expect(id({ 'x-session-id': 'client-00000000-openai' }).displayName).toMatch(/^x-session-id-[a-z2-7]{8}$/);
    expect(id({ 'x-session-id': 'ses_abc' }).displayName).toMatch(/^x-session-id-/);
    expect(id({ 'x-session-id': '<b>' }).displayName).toMatch(/^x-session-id-/);
    expect(id({ 'x-claude-code-session-id': 'c-1' }).displayName).toMatch(/^claude-code-[a-z2-7]{8}$/);
  });
});

it('ELIDA’s own headers are known by name, and nothing of the client’s is among them', () => {
  for (const name of ['x-elida-api-key', 'x-elida-session-id', 'x-cylestio-tags', 'x-aegis-filter-mode', 'x-backend'])
    expect(isOwnHeader(name)).toBe(true);
  for (const name of [
    'authorization',
    'x-api-key',
    'x-session-id',
    'x-claude-code-session-id',
    'x-backend-id',
    'elida',
  ])
    expect(isOwnHeader(name)).toBe(false);
});
