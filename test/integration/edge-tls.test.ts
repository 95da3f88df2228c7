/** HTTPS and WSS on the proxy listener, with certificates that change under it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { edgeWith } from '../harness/edge-with.ts';
import { reply } from '../harness/upstream.ts';

interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A self-signed certificate for `name`, over what lies there. */
function certify({ certFile, keyFile }: Pair, name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const out = ['-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...out], {
    stdio: 'ignore',
  });
}

/** Common name of the certificate that a new connection is shown. */
const shown = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });

const get = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/v1/anything', rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

test('serves over TLS, takes up a renewed certificate by itself, and keeps the old one where the new is broken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elida-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pair = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  certify(pair, 'first.test');
  const { edge } = await edgeWith(({ socket }) => void socket.write(reply('{}')), { tls: pair });
  expect(edge.url).toMatch(/^https:/);
  expect(await get(edge.port)).toBe(200);
  expect(await shown(edge.port)).toBe('first.test');

  certify(pair, 'second.test');
  await expect.poll(() => shown(edge.port), { timeout: 15_000 }).toBe('second.test');

  writeFileSync(pair.certFile, 'no certificate');
  await expect
    .poll(() => edge.log.some((line) => line.includes('certificate_unreadable')), { timeout: 15_000 })
    .toBe(true);
  expect(await shown(edge.port)).toBe('second.test');
  expect(await get(edge.port)).toBe(200);
});
