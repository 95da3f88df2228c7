import { FAULTS, type FaultCode } from '@elida/contracts';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { Refusal } from './dialect.ts';
import { closeReason } from './websocket.ts';

const CODES = Object.keys(FAULTS) as FaultCode[];
const FINAL: readonly FaultCode[] = [
  'session_killed',
  'session_terminated',
  'session_ended',
  'blocked',
  'model_blocked',
  'policy_blocked',
  'risk_blocked',
];
const refusal = (code: FaultCode): Refusal => ({ code, message: 'ELIDA: stopped by Ann', requestId: 'exc_1' });

describe('refusals are native', () => {
  it.each(Object.values(DIALECTS).map((dialect) => [dialect.name, dialect] as const))(
    '%s: every code keeps its status, says its code and request id, and carries the reason',
    (name, dialect) => {
      for (const code of CODES) {
        const reply = dialect.nativeError(refusal(code));
        const expected = name === 'openai-responses' && FINAL.includes(code) ? 400 : FAULTS[code].status;
        expect([code, reply.status]).toEqual([code, expected]);
        expect(reply.headers['x-elida-code']).toBe(code);
        expect(reply.headers['x-elida-request-id']).toBe('exc_1');
        expect(JSON.stringify(JSON.parse(reply.body))).toContain('ELIDA: stopped by Ann');
        expect(reply.headers['x-should-retry']).toBe(FAULTS[code].retry ? undefined : 'false');
        if ([429, 503].includes(reply.status)) expect(reply.headers['retry-after']).toBe('1');
      }
    },
  );

  it('Chat, Responses and Anthropic bodies have exactly the provider’s fields', () => {
    expect(JSON.parse(DIALECTS['openai-chat'].nativeError(refusal('session_killed')).body)).toEqual({
      error: { message: 'ELIDA: stopped by Ann', type: 'permission_error', param: null, code: 'session_killed' },
    });
    expect(JSON.parse(DIALECTS['openai-responses'].nativeError(refusal('blocked')).body)).toEqual({
      error: { message: 'ELIDA: stopped by Ann', type: 'invalid_request_error', param: null, code: 'blocked' },
    });
    expect(JSON.parse(DIALECTS['anthropic-messages'].nativeError(refusal('not_authenticated')).body)).toEqual({
      type: 'error',
      error: {
        type: 'authentication_error',
        message: 'ELIDA: stopped by Ann',
        details: { error_code: 'not_authenticated' },
      },
      request_id: 'exc_1',
    });
  });

  it('retry-after is whole seconds, rounded up, at least one', () => {
    const after = (retryAfterS: number) =>
      DIALECTS.plain.nativeError({ ...refusal('rate_limited'), retryAfterS }).headers['retry-after'];
    expect([after(0), after(1.2), after(3600)]).toEqual(['1', '2', '3600']);
  });

  it('a decision is never worded as a server error, which clients repeat', () => {
    for (const code of CODES.filter((each) => FAULTS[each].blame === 'policy' && !FAULTS[each].retry))
      for (const dialect of Object.values(DIALECTS))
        expect(dialect.nativeError(refusal(code)).body).not.toMatch(/server_error|api_error|overloaded_error/);
  });
});

describe('a WebSocket is refused and ended so that the client stops', () => {
  it('the upgrade of a killed session is refused with 400 on every wire, a missing key with 401', () => {
    for (const dialect of Object.values(DIALECTS)) {
      expect(dialect.webSocketRefusal(refusal('session_killed')).status).toBe(400);
      expect(dialect.webSocketRefusal(refusal('not_authenticated')).status).toBe(401);
      expect(dialect.webSocketRefusal(refusal('upgrade_required')).status).toBe(426);
    }
  });

  it('Responses: an error frame with status 400 and the reason, then 1008', () => {
    const end = DIALECTS['openai-responses'].webSocketEnd(refusal('session_killed'));
    expect(end.frames.map((frame) => JSON.parse(frame))).toEqual([
      {
        type: 'error',
        status: 400,
        error: {
          type: 'invalid_request_error',
          code: 'session_killed',
          message: 'ELIDA: stopped by Ann',
          param: null,
          headers: {},
        },
      },
    ]);
    expect(end).toMatchObject({ closeCode: 1008, closeReason: 'ELIDA: stopped by Ann' });
  });

  it('other wires: the close code says whose doing it was', () => {
    const codeOf = (code: FaultCode) => DIALECTS.plain.webSocketEnd(refusal(code)).closeCode;
    expect(codeOf('session_terminated')).toBe(1008);
    expect(codeOf('draining')).toBe(1012);
    expect(codeOf('store_unavailable')).toBe(1013);
    expect(codeOf('upstream_failed')).toBe(1011);
  });

  it('a close reason fits its 123 bytes and is never cut inside a character', () => {
    expect(closeReason('short')).toBe('short');
    const cut = closeReason('é🙂'.repeat(100));
    expect(new TextEncoder().encode(cut).length).toBeLessThanOrEqual(123);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.length).toBeGreaterThan(50);
  });
});
