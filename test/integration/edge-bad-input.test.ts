/** Bad input: each its coded answer, nothing reaches a provider, nothing else is disturbed (RFC 9112 §§ 2.2, 3.2, 5, 6, 11.2). */
import { describe, expect, test } from 'vitest';
import { edgeWith } from '../harness/edge-with.ts';
import { post } from '../harness/raw-http.ts';

const GET = 'GET /v1/x HTTP/1.1\r\nhost: e\r\n';

describe('what could be read in two ways is refused with 400', () => {
  test.each([
    [
      'Content-Length with Transfer-Encoding',
      'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'Transfer-Encoding with Content-Length',
      'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n',
    ],
    [
      'two different Content-Lengths',
      'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
    ],
    ['two equal Content-Lengths', 'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na'],
    ['a list of Content-Lengths', 'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 1, 1\r\n\r\na'],
    ['a signed Content-Length', 'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: +1\r\n\r\na'],
    ['a hexadecimal Content-Length', 'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 0x1\r\n\r\na'],
    ['chunked not last', 'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    [
      'another coding before chunked',
      'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an obscured Transfer-Encoding', 'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', `${GET}transfer-encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${GET}x-a: 1\r\n x-b: 2\r\n\r\n`],
    ['a bare LF behind a header', 'GET /x HTTP/1.1\r\nhost: e\nx-a: 1\r\n\r\n'],
    ['a bare LF behind the request line', 'GET /x HTTP/1.1\nhost: e\r\n\r\n'],
    ['a bare CR in a value', `${GET}x-a: 1\rx-b: 2\r\n\r\n`],
    ['a NUL in a value', `${GET}x-a: 1\0\r\n\r\n`],
    ['a broken chunk size', 'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\n1;\r\nzz\r\n\r\n'],
    [
      'a chunk size with a sign',
      'POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n',
    ],
    ['two Hosts', 'GET /x HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'],
    ['no Host', 'GET /x HTTP/1.1\r\n\r\n'],
    ['two Authorizations', `${GET}authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n`],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nhost: e\r\n\r\n'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nhost: e\r\n\r\n'],
    ['another protocol', 'GET /x HTTP/3.7\r\nhost: e\r\n\r\n'],
    ['the protocol of another framing', 'GET /x HTTP/2.0\r\nhost: e\r\n\r\n'],
    ['a TRACE, whose answer would show what we add', 'TRACE /x HTTP/1.1\r\nhost: e\r\n\r\n'],
    ['a method with a separator', 'GE(T /x HTTP/1.1\r\nhost: e\r\n\r\n'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'],
    ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s', async (_name, request) => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write(Buffer.from(request, 'latin1'));
    const answer = await caller.until('bad_request');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('x-elida-code: bad_request');
    expect(answer).toContain('x-elida-request-id: exc_');
    for (const { target } of upstream.requests) expect(target).not.toBe('/smuggled');
  });

  test('a request hidden behind a chunked body is not sent on', async () => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write(
      'POST /x HTTP/1.1\r\nhost: e\r\ncontent-length: 60\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: e\r\n\r\n',
    );
    await caller.ended();
    expect(upstream.requests).toHaveLength(0);
  });

  test('what a chunk extension hides stays in the chunk', async () => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write('POST /x HTTP/1.1\r\nhost: e\r\ntransfer-encoding: chunked\r\n\r\n2;a="\\"\r\nhi\r\n0\r\n\r\n');
    await Promise.race([caller.until('{}'), caller.ended()]);
    for (const { body } of upstream.requests) expect(body.toString()).toBe('hi');
  });
});

describe('limits', () => {
  test('headers just below 64 KiB pass, above they are 431', async () => {
    const { upstream, call } = await edgeWith();
    const fits = await call();
    fits.write(`${GET}x-long: ${'a'.repeat(65_000)}\r\n\r\n`);
    await fits.until('{}');
    expect(upstream.requests[0]?.header('x-long')).toHaveLength(65_000);
    const over = await call();
    over.write(`${GET}x-long: ${'a'.repeat(70_000)}\r\n\r\n`);
    expect(await over.until('headers_too_large')).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('256 headers pass, 257 are 431, and none is dropped in silence', async () => {
    const { upstream, call } = await edgeWith();
    const headers = (count: number): string => Array.from({ length: count }, (_, at) => `x-${at}: v\r\n`).join('');
    const fits = await call();
    fits.write(`${GET}${headers(255)}\r\n`);
    await fits.until('{}');
    expect(upstream.requests[0]?.lines.filter((line) => line.startsWith('x-'))).toHaveLength(255);
    const over = await call();
    over.write(`${GET}${headers(256)}\r\n`);
    expect(await over.until('headers_too_large')).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('malformed JSON of a known wire is 400 in that wire, and does not end the connection', async () => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write(post('/v1/messages', '{"model": ', 'anthropic-version: 2023-06-01\r\n'));
    const answer = await caller.until('bad_json');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"type":"invalid_request_error"');
    caller.write(post('/v1/messages', '{"model":"m"}'));
    await caller.until('\r\n\r\n{}');
    expect(upstream.requests).toHaveLength(1);
  });

  test('JSON that would pollute a prototype or confuse a reader is only text', async () => {
    const { upstream, call } = await edgeWith();
    const body =
      '{"__proto__":{"stream":true},"constructor":{"prototype":{"x":1}},"model":{"toString":1},"stream":"yes"}';
    const caller = await call();
    caller.write(post('/v1/chat/completions', body));
    await caller.until('\r\n\r\n{}');
    expect(upstream.requests[0]?.body.toString()).toBe(body);
    expect(({} as Record<string, unknown>).stream).toBeUndefined();
  });

  test('a caller that never finishes its headers is let go with 408', { timeout: 30_000 }, async () => {
    const { call } = await edgeWith();
    const slow = await call();
    slow.write('GET /v1/x HTTP/1.1\r\nhost: e\r\nx-');
    const drip = setInterval(() => slow.write('a'), 500);
    const answer = await slow.until('request_timeout');
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a caller that hangs up in mid-body disturbs nobody and reaches no provider', async () => {
    const { upstream, edge, call } = await edgeWith();
    const gone = await call();
    gone.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: e\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"half":',
    );
    const other = await call();
    other.write(post('/v1/chat/completions', '{}'));
    gone.close();
    await other.until('\r\n\r\n{}');
    await edge.edge.close();
    expect(upstream.requests).toHaveLength(1);
    const outcomes = edge.events().flatMap(({ type, data }) => (type === 'exchange' ? [data.outcome] : []));
    expect(outcomes.sort()).toEqual(['caller_gone', 'completed']);
  });
});

test('500 idle sockets cost nothing and disturb nobody', async () => {
  const { call } = await edgeWith();
  await Promise.all(Array.from({ length: 500 }, () => call()));
  const caller = await call();
  caller.write(post('/v1/chat/completions', '{}'));
  await caller.until('\r\n\r\n{}');
});
