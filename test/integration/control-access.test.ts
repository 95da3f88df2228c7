/** Who may do what, over HTTP: every role at every operation, keys, tenants, and callers without a key. */
import { request as httpRequest } from 'node:http';
import { OPERATION_NAMES, OPERATIONS, type Operation, ROLES, type Role } from '@elida/contracts/api';
import { startPostgres } from '@elida/repo';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { EDGE_KEY, OWNER_KEY, sid, startTestControl, type TestControl } from '../harness/control.ts';

const A = sid('a');

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, unknown>;
}

/** With exactly these headers: fetch would not let us set Host or Origin. */
function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        // A stream has no end of its own.
        if (response.headers['content-type']?.startsWith('text/event-stream')) response.destroy();
      });
      response.on('close', () => {
        const parsed = text.startsWith('{') ? (JSON.parse(text) as { code?: string; error?: string }) : {};
        resolve({
          status: response.statusCode ?? 0,
          code: parsed.code ?? parsed.error ?? '',
          headers: response.headers,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const pathOf = ({ path }: Operation): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'version' ? '999' : name === 'event_id' ? '00000000-0000-4000-8000-000000000000' : 'nothing-here',
  );

await describeWith('access', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  const keys = new Map<Role, string>();
  const granted = new Map<Role, readonly string[]>();
  beforeAll(async () => {
    control = await startTestControl({ postgresUrl: backends.postgres.url });
    for (const role of ROLES) {
      const { key } = await control.client.call('createKey', { body: { name: role, roles: [role] } });
      keys.set(role, key);
      granted.set(role, (await control.clientOf(key).call('whoami')).permissions);
    }
  });
  afterAll(() => control.close());
  // Refusals of one test do not slow the next.
  beforeEach(() => control.pass(60_000));
  const withKey = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

  describe.each(ROLES)('role %s', (role) => {
    it.each(OPERATION_NAMES)('%s: allowed or refused as the table says', async (name) => {
      const operation: Operation = OPERATIONS[name];
      const { permission, method } = operation;
      const isOpen = permission === 'public' || permission === 'any';
      const isAllowed = isOpen || (granted.get(role) ?? []).includes(permission);
      const answer = await ask(control.url, pathOf(operation), withKey(keys.get(role) ?? ''), method);
      expect([answer.status === 403 && answer.code === 'not_allowed', answer.status === 401]).toEqual([
        !isAllowed,
        false,
      ]);
    });
  });

  it.each(OPERATION_NAMES)('%s needs a key unless it is public', async (name) => {
    const operation: Operation = OPERATIONS[name];
    const { status } = await ask(control.url, pathOf(operation), {}, operation.method);
    if (operation.permission === 'public') expect(status).not.toBe(401);
    else expect(status).toBe(401);
  });

  it.each([
    'elida_owner1_wrong',
    'elida_nobody_0123456789abcdef',
    'Bearer',
    'sk-something',
    `${OWNER_KEY}x`,
    'elida_owner1_',
  ])('the key %j is refused', async (key) => {
    expect(await ask(control.url, '/api/v1/whoami', withKey(key))).toMatchObject({
      status: 401,
      code: 'not_authenticated',
    });
  });

  it('a key may come in any header that clients use', async () => {
    const ways = [{ 'x-elida-api-key': OWNER_KEY }, { authorization: OWNER_KEY }, { 'x-api-key': OWNER_KEY }];
    for (const headers of ways) expect((await ask(control.url, '/api/v1/whoami', headers)).status).toBe(200);
  });

  it('revoked and expired keys open nothing, at once', async () => {
    const day = 86_400_000;
    const expires_at = new Date(Date.now() + 2 * day).toISOString();
    const { key, id } = await control.client.call('createKey', { body: { name: 'x', roles: ['viewer'], expires_at } });
    expect((await ask(control.url, '/api/v1/whoami', withKey(key))).status).toBe(200);
    control.pass(2 * day);
    expect((await ask(control.url, '/api/v1/whoami', withKey(key))).status).toBe(401);
    control.pass(-2 * day);
    expect((await ask(control.url, '/api/v1/whoami', withKey(key))).status).toBe(200);
    await control.client.call('revokeKey', { params: { id } });
    expect((await ask(control.url, '/api/v1/whoami', withKey(key))).status).toBe(401);
  });

  it('keys are kept as a keyed hash, shown once, and those of the environment are not revoked over the API', async () => {
    const { key, id } = await control.client.call('createKey', { body: { name: 'x', roles: ['client'] } });
    const rows = JSON.stringify(await control.db.selectFrom('api_keys').selectAll().execute());
    expect(rows).not.toContain(key.split('_')[2]);
    expect(JSON.stringify(await control.client.call('listKeys'))).not.toContain(key.split('_')[2]);
    expect((await control.snapshots.fetch(''))?.credentials.map((credential) => credential.id)).toContain(id);
    await control.client.call('revokeKey', { params: { id } });
    expect((await control.snapshots.fetch(''))?.credentials.map((credential) => credential.id)).not.toContain(id);
    await expect(control.client.call('revokeKey', { params: { id: 'owner1' } })).rejects.toMatchObject({
      code: 'managed_elsewhere',
    });
  });

  it('who is confined to a tenant sees and stops only its own, and gives away no more than he has', async () => {
    const { key } = await control.client.call('createKey', { body: { name: 'a', roles: ['owner'], tenant: 'acme' } });
    const acme = control.clientOf(key);
    await control.enter({ sid: A, tenant: 'other', displayName: 'client-z' });
    const own = await control.enter({ sid: sid('b'), tenant: 'acme' });
    expect((await acme.call('listSessions')).sessions.map(({ id }) => id)).toEqual([own.sid]);
    for (const id of [A, 'client-z'])
      await expect(acme.call('getSession', { params: { id } })).rejects.toMatchObject({ code: 'not_found' });
    const kill = (scope: 'session' | 'tenant' | 'all', id = '') =>
      acme.call('createOrder', { body: { kind: 'kill', selector: { scope, id } } });
    await expect(kill('session', A)).rejects.toMatchObject({ code: 'not_found' });
    await expect(kill('tenant', 'other')).rejects.toMatchObject({ code: 'not_allowed' });
    expect(await kill('all')).toMatchObject({ tenant: 'acme' });
    await expect(acme.call('listSessions', { query: { tenant: 'other' } })).rejects.toMatchObject({
      code: 'not_allowed',
    });
    for (const tenant of ['other', '*'])
      await expect(acme.call('createKey', { body: { name: 'x', roles: ['owner'], tenant } })).rejects.toMatchObject({
        code: 'not_allowed',
      });
    const { orders } = await acme.call('listOrders');
    expect(new Set(orders.map(({ tenant }) => tenant))).toEqual(new Set(['acme']));
    expect((await acme.call('listKeys')).keys.every(({ tenant }) => tenant === 'acme')).toBe(true);
  });

  it('a role of edges reads snapshots and keys of backends, and nothing else', async () => {
    const answer = await ask(control.url, '/internal/v1/snapshot', withKey(EDGE_KEY));
    expect(answer.status).toBe(200);
    const etag = String(answer.headers.etag);
    expect(
      (await ask(control.url, '/internal/v1/snapshot', { ...withKey(EDGE_KEY), 'if-none-match': etag })).status,
    ).toBe(304);
    expect((await ask(control.url, '/api/v1/sessions', withKey(EDGE_KEY))).code).toBe('not_allowed');
  });

  it('guessing is slowed down; a good key from the same address still passes', async () => {
    const answers = [];
    for (let n = 0; n < 60; n++) answers.push((await ask(control.url, '/api/v1/whoami', withKey(`elida_x_${n}`))).code);
    expect(answers.at(-1)).toBe('rate_limited');
    expect((await ask(control.url, '/api/v1/whoami', withKey(OWNER_KEY))).status).toBe(200);
  });
});

await describeWith('callers without a key on loopback', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  beforeAll(async () => {
    control = await startTestControl({
      postgresUrl: backends.postgres.url,
      localWithoutKey: true,
      file: { control: { allowed_hosts: ['elida.test'] } },
    });
    await control.enter({ sid: A });
  });
  afterAll(() => control.close());
  const port = (): string => new URL(control.url).port;

  it.each([
    ['a local program', {}],
    ['localhost', { host: 'localhost:1' }],
    ['IPv6 loopback', { host: '[::1]:9' }],
    ['a name that the file allows', { host: 'elida.test' }],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }],
  ])('%s is let in', async (_, headers) => {
    expect((await ask(control.url, '/api/v1/whoami', headers)).status).toBe(200);
  });

  it('our own page is let in', async () => {
    const own = { host: `127.0.0.1:${port()}`, origin: `http://127.0.0.1:${port()}`, 'sec-fetch-site': 'same-origin' };
    expect((await ask(control.url, '/api/v1/whoami', own)).status).toBe(200);
  });

  it.each([
    ['a name that was made to point here (DNS rebinding)', { host: 'evil.example' }],
    ['a name that only begins like ours', { host: 'localhost.evil.example' }],
    ['a page elsewhere', { origin: 'https://evil.example' }],
    ['a page of another server on this machine', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page', { origin: 'null' }],
    ['a request that a page elsewhere made', { 'sec-fetch-site': 'cross-site' }],
    ['a request of a sister site', { 'sec-fetch-site': 'same-site' }],
    ['what a proxy on this machine passes on', { 'x-forwarded-for': '203.0.113.9' }],
  ])('%s is refused', async (_, headers) => {
    const answer = await ask(control.url, '/api/v1/sessions', headers as Record<string, string>);
    expect(answer).toMatchObject({ status: 403, code: 'foreign_origin' });
    const kill = await ask(control.url, `/control/sessions/${A}/kill`, headers as Record<string, string>, 'POST');
    expect(kill).toMatchObject({ status: 403, code: 'foreign_origin' });
    expect((await control.store.get(A))?.state).toBe('active');
  });

  it('a body that a form can send is refused', async () => {
    const body = JSON.stringify({ kind: 'kill', selector: { scope: 'all' } });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect((await ask(control.url, '/api/v1/orders', { 'content-type': type }, 'POST', body)).code).toBe(
        'foreign_origin',
      );
    expect(control.orders).toEqual([]);
  });

  it('probes are answered under any name', async () => {
    for (const path of ['/healthz', '/readyz', '/control/health'])
      expect((await ask(control.url, path, { host: '10.1.2.3:9090' })).status).toBe(200);
  });

  it('a wrong key is not forgiven because the caller is local', async () => {
    expect((await ask(control.url, '/api/v1/whoami', { authorization: 'Bearer elida_x_y' })).status).toBe(401);
  });
});

await describeWith('a control plane that asks for a key', { postgres: () => startPostgres({}) }, (backends) => {
  it.each([
    ['control.auth.enabled', { control: { auth: { enabled: true } } }],
    ['control.auth.api_key', { control: { auth: { api_key: 'correct horse' } } }],
  ])('with %s local callers need one as well', async (_, file) => {
    const control = await startTestControl({ postgresUrl: backends.postgres.url, localWithoutKey: true, file });
    try {
      expect((await ask(control.url, '/api/v1/whoami')).status).toBe(401);
      const shared = await ask(control.url, '/api/v1/whoami', { 'x-api-key': 'correct horse' });
      expect(shared.status).toBe('api_key' in file.control.auth ? 200 : 401);
    } finally {
      await control.close();
    }
  });

  it('with allow_insecure everybody is let in, but no foreign page', async () => {
    const file = { control: { auth: { allow_insecure: true } } };
    const control = await startTestControl({ postgresUrl: backends.postgres.url, file });
    try {
      expect((await ask(control.url, '/api/v1/whoami', { host: 'elida.internal' })).status).toBe(200);
      const foreign = { host: 'elida.internal', origin: 'https://evil.example' };
      expect((await ask(control.url, '/api/v1/whoami', foreign)).code).toBe('foreign_origin');
    } finally {
      await control.close();
    }
  });
});
