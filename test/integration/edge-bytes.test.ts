/** What no policy touches passes unchanged: methods, paths, headers, bodies, encodings, statuses, trailers. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { backend } from '../harness/edge.ts';
import { edgeWith } from '../harness/edge-with.ts';
import { post } from '../harness/raw-http.ts';
import { chunk, reply } from '../harness/upstream.ts';

const LIMIT = 100_000;

describe('the status line', () => {
  test('a phrase that cannot be sent on is the usual one, and the edge goes on', async () => {
    const { call } = await edgeWith(({ socket }) => {
      socket.write(Buffer.from('HTTP/1.1 200 Very \xe9 fine\r\ncontent-length: 2\r\n\r\nok', 'latin1'));
    });
    for (let turn = 0; turn < 2; turn++) {
      const caller = await call();
      caller.write('GET /v1/x HTTP/1.1\r\nhost: e\r\n\r\n');
      expect(await caller.until('\r\n\r\nok')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    }
  });
});

describe('the request', () => {
  test('any method and any target reach the provider as written', async () => {
    const { upstream, call } = await edgeWith();
    const odd = [
      ['PROPFIND', '/a/../b//c/./d?x=%2e%2e&y=a+b&&z'],
      ['M-SEARCH', '/%00%ff/ä'.replace('ä', '%C3%A4')],
      ['GET', '/v1/models/../../etc/passwd?%'],
      ['DELETE', '/v1/responses/resp_1;v=2'],
      ['OPTIONS', '/v1/chat/completions'],
      ['PATCH', '/x\'"<>|^`{}'],
    ] as const;
    for (const [method, target] of odd) {
      const caller = await call();
      caller.write(`${method} ${target} HTTP/1.1\r\nhost: edge\r\n\r\n`);
      await caller.until('\r\n\r\n{}');
    }
    expect(upstream.requests.map(({ method, target }) => [method, target])).toEqual(odd);
  });

  test('an absolute target is its path, whatever host it names', async () => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write('GET http://elsewhere.example:99/v1/x?q HTTP/1.1\r\nhost: elsewhere\r\n\r\n');
    await caller.until('{}');
    expect(upstream.requests[0]?.target).toBe('/v1/x?q');
    expect(upstream.requests[0]?.header('host')).toBe(new URL(upstream.url).host);
  });

  test('headers keep names, order, spelling, duplicates and bytes; hop-by-hop and our own stay here', async () => {
    const { upstream, call } = await edgeWith();
    const caller = await call();
    caller.write(
      Buffer.from(
        'POST /v1/chat/completions HTTP/1.1\r\nHost: edge\r\nX-Zeta: 1\r\nx-alpha:  two  \r\nX-Zeta: 3\r\nX-Latin: caf\xe9\r\n' +
          'Connection: keep-alive, X-Named, Content-Length\r\nX-Named: gone\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\n' +
          'X-Elida-Tags: a:b\r\nx-cylestio-conversation-id: c\r\nX-Session-ID: mine\r\nAuthorization: Bearer sk-1\r\nAccept-Encoding: br, zstd\r\n' +
          'content-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
        'latin1',
      ),
    );
    await caller.until('\r\n\r\n{}');
    const lines = upstream.requests[0]?.lines.filter((line) => !/^(host|connection|content-length):/i.test(line));
    expect(lines).toEqual([
      'X-Zeta: 1',
      'x-alpha: two',
      'X-Zeta: 3',
      'X-Latin: caf\xe9',
      'X-Session-ID: mine',
      'Authorization: Bearer sk-1',
      'Accept-Encoding: br, zstd',
      'content-type: application/json',
    ]);
    expect(upstream.requests[0]?.header('content-length')).toBe('2');
  });

  test.each([
    [
      'JSON of a known wire',
      '/v1/chat/completions',
      'application/json',
      Buffer.from('{ "model" : "m",\n"x":"\\u00e9é"}'),
    ],
    [
      'a form that is called JSON by nobody',
      '/v1/chat/completions',
      'application/x-www-form-urlencoded',
      Buffer.from('{"a":1'),
    ],
    [
      'multipart',
      '/v1/files',
      'multipart/form-data; boundary=b',
      Buffer.from('--b\r\n\r\n\x00\xff\r\n--b--', 'latin1'),
    ],
    ['random bytes', '/anything', 'application/octet-stream', randomBytes(70_000)],
    ['compressed JSON', '/v1/responses', 'application/json\r\ncontent-encoding: gzip', gzipSync('{"model":"m"}')],
  ])('the body passes unchanged: %s', async (_name, path, type, body) => {
    const { upstream, call } = await edgeWith();
    const sized = await call();
    sized.write(`POST ${path} HTTP/1.1\r\nhost: e\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`);
    sized.write(body);
    await sized.until('\r\n\r\n{}');
    const chunked = await call();
    chunked.write(`POST ${path} HTTP/1.1\r\nhost: e\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
    for (const part of [body.subarray(0, 3), body.subarray(3)]) if (part.length > 0) chunked.write(chunk(part));
    chunked.write('0\r\n\r\n');
    await chunked.until('\r\n\r\n{}');
    for (const request of upstream.requests) expect(request.body.equals(body)).toBe(true);
    expect(upstream.requests).toHaveLength(2);
  });

  test('the base path of a backend stays in front, and a version both name is not doubled', async () => {
    const { upstream, edge, call } = await edgeWith();
    const targets: (string | undefined)[] = [];
    for (const [base, target] of [
      ['/openai/v1', '/v1/chat/completions'],
      ['/base/', '/v1/models?x'],
      ['/v1', '/v10/x'],
    ] as const) {
      await edge.publish({ backends: [backend(upstream.url + base)] });
      const caller = await call();
      caller.write(`GET ${target} HTTP/1.1\r\nhost: e\r\n\r\n`);
      await caller.until('{}');
      targets.push(upstream.requests.at(-1)?.target);
    }
    expect(targets).toEqual(['/openai/v1/chat/completions', '/base/v1/models?x', '/v1/v10/x']);
  });

  test('a body at the limit passes, one byte more is 413, streamed or whole, and the connection lives on or ends cleanly', async () => {
    const { upstream, call } = await edgeWith(undefined, { snapshot: { settings: { bodyBytesMax: LIMIT } as never } });
    const at = JSON.stringify({ model: 'm', pad: 'x'.repeat(LIMIT - 22) });
    expect(at).toHaveLength(LIMIT);
    for (const path of ['/v1/chat/completions', '/other']) {
      const fits = await call();
      fits.write(post(path, at));
      await fits.until('\r\n\r\n{}');
      const over = await call();
      over.write(post(path, `${at} `));
      expect(await over.until('body_too_large')).toContain('HTTP/1.1 413');
      const chunkedOver = await call();
      chunkedOver.write(
        `POST ${path} HTTP/1.1\r\nhost: e\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      chunkedOver.write(chunk(at));
      chunkedOver.write(chunk(' '));
      expect(await chunkedOver.until('body_too_large')).toContain('HTTP/1.1 413');
    }
    expect(upstream.requests.map(({ body }) => body.length)).toEqual([LIMIT, LIMIT]);
  });

  test('a caller that waits for 100 Continue is told to go on, or refused without sending its body', async () => {
    const { upstream, call } = await edgeWith(undefined, { snapshot: { settings: { bodyBytesMax: 10 } as never } });
    const goes = await call();
    goes.write('POST /v1/chat/completions HTTP/1.1\r\nhost: e\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
    await goes.until('HTTP/1.1 100 Continue\r\n\r\n');
    goes.write('{}');
    await goes.until('HTTP/1.1 200');
    expect(upstream.requests[0]?.header('expect')).toBeUndefined();
    const refused = await call();
    refused.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: e\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n',
    );
    const answer = await refused.until('body_too_large');
    expect(answer).toContain('HTTP/1.1 413');
    expect(answer).not.toContain('100 Continue');
  });
});

describe('the reply', () => {
  test('status, reason, headers with order and duplicates, and the body come back as they are', async () => {
    const body = gzipSync(randomBytes(5_000));
    const { call } = await edgeWith(({ socket }) => {
      socket.write(
        reply(
          body,
          'HTTP/1.1 418 I am a Teapot\r\nX-B: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nDate: then\r\nContent-Encoding: gzip\r\nx-ratelimit-remaining: 7\r\nx-elida-code: forged\r\nConnection: x-hop\r\nx-hop: no',
        ),
      );
    });
    const caller = await call();
    caller.write(post('/v1/chat/completions', '{"stream":false}'));
    await caller.until('\r\n\r\n');
    while (caller.bytes().length < caller.bytes().indexOf('\r\n\r\n') + 4 + body.length) await caller.until(/$/);
    const bytes = caller.bytes();
    const end = bytes.indexOf('\r\n\r\n');
    expect(bytes.subarray(end + 4).equals(body)).toBe(true);
    const lines = bytes.toString('latin1', 0, end).split('\r\n');
    expect(lines[0]).toBe('HTTP/1.1 418 I am a Teapot');
    expect(lines.slice(1, 7)).toEqual([
      'X-B: 1',
      'Set-Cookie: a=1',
      'set-cookie: b=2',
      'Date: then',
      'Content-Encoding: gzip',
      'x-ratelimit-remaining: 7',
    ]);
    expect(bytes.toString('latin1', 0, end)).not.toMatch(/x-hop|forged/);
    expect(lines.filter((line) => /^date:/i.test(line))).toHaveLength(1);
    expect(lines.some((line) => line.startsWith('x-elida-session-id: ses_'))).toBe(true);
  });

  test('HEAD, 204 and 304 have no body; a length of HEAD and 304 stays', async () => {
    const { call } = await edgeWith(({ socket, target, method }) => {
      if (method === 'HEAD') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n');
      else if (target === '/304') socket.write('HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\netag: "e"\r\n\r\n');
      else socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
    const caller = await call();
    caller.write('HEAD /x HTTP/1.1\r\nhost: e\r\n\r\n');
    expect(await caller.until('\r\n\r\n')).toContain('content-length: 1234');
    caller.write('GET /304 HTTP/1.1\r\nhost: e\r\n\r\n');
    expect(await caller.until(/304 Not Modified[\s\S]*\r\n\r\n/)).toContain('etag: "e"');
    caller.write('GET /204 HTTP/1.1\r\nhost: e\r\n\r\n');
    expect(await caller.until(/204 No Content[\s\S]*\r\n\r\n$/)).not.toMatch(/204[\s\S]*content-length/);
  });

  test('chunked replies keep their trailers; a reply that ends with the connection is whole', async () => {
    const { call } = await edgeWith(({ socket, target }) => {
      if (target === '/trailers') {
        socket.write(
          'HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n',
        );
      } else socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    });
    const caller = await call();
    caller.write('GET /trailers HTTP/1.1\r\nhost: e\r\nte: trailers\r\n\r\n');
    await caller.until('0\r\nx-sum: 42\r\n\r\n');
    caller.write('GET /close HTTP/1.1\r\nhost: e\r\n\r\n');
    await caller.until('d\r\nuntil the end\r\n0\r\n\r\n');
  });

  test('informational replies are not the answer', async () => {
    const { call } = await edgeWith(({ socket }) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
      socket.write(reply('{"final":1}'));
    });
    const caller = await call();
    caller.write('GET /v1/x HTTP/1.1\r\nhost: e\r\n\r\n');
    expect(await caller.until('{"final":1}')).not.toContain('Early Hints');
  });

  test('one connection carries many exchanges, pipelined ones too, in order', async () => {
    const { call } = await edgeWith(({ socket, target }) => void socket.write(reply(`"${target}"`)));
    const caller = await call();
    caller.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nhost: e\r\n\r\n`).join(''));
    const got = await caller.until('"/3"');
    expect([...got.matchAll(/"(\/\d)"/g)].map(([, path]) => path)).toEqual(['/1', '/2', '/3']);
  });
});
