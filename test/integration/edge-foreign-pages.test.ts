/** What a web page can send to loopback has not the standing of the person who looks at it. */
import { expect, test } from 'vitest';
import { edgeWith } from '../harness/edge-with.ts';

test.each([
  ['a name that was made to point here', 'Host: evil.example'],
  ['a page of another origin', 'host: localhost\r\norigin: https://evil.example'],
  ['a page with a key of its own invention', 'host: localhost\r\norigin: null\r\nauthorization: Bearer junk'],
])('%s is not local, and does not use the key that ELIDA brings', async (_name, headers) => {
  const bench = await edgeWith(undefined, { backend: { keyRef: 'main' }, keys: { main: 'sk-ours' } });
  const caller = await bench.call();
  caller.write(`GET /v1/files HTTP/1.1\r\n${headers}\r\n\r\n`);
  expect(await caller.until(/\r\n\r\n\{[\s\S]*\}$/)).toMatch(/^HTTP\/1\.1 40[13] /);
  expect(bench.upstream.requests).toHaveLength(0);
});
