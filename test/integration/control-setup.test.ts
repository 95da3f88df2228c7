/** Backends, policies, snapshots: what is stored, what is compiled, what edges are rung with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { snapshotToJson } from '@elida/contracts';
import { startPostgres } from '@elida/repo';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../harness/backends.ts';
import { EDGE_KEY, startTestControl, type TestControl, type TestControlOptions } from '../harness/control.ts';

const SECRET = 'sk-the-provider-key-0123456789';
const secretsDir = mkdtempSync(join(tmpdir(), 'elida secrets '));
writeFileSync(join(secretsDir, 'mistral'), 'key-of-the-secret\n');
writeFileSync(join(secretsDir, 'in-a-file'), 'key-of-the-file\n');
afterAll(() => rmSync(secretsDir, { recursive: true }));

const FILE = {
  backends: {
    openai: { url: 'https://api.openai.com', models: ['gpt-*'], default: true, api_key: SECRET },
    mistral: { url: 'https://api.mistral.ai', type: 'mistral', api_key: 'secret:mistral' },
    other: { url: 'https://other.example', api_key: `file:${join(secretsDir, 'in-a-file')}` },
    open: { url: 'https://open.example/base' },
  },
};

await describeWith('what edges execute', { postgres: () => startPostgres({}) }, (backends) => {
  let control: TestControl;
  const start = async (options: Partial<TestControlOptions> = {}): Promise<void> => {
    control = await startTestControl({ postgresUrl: backends.postgres.url, file: FILE, secretsDir, ...options });
  };
  const restart = async (options: Partial<TestControlOptions> = {}): Promise<void> => {
    const { installation } = control;
    await control.close();
    await start({ keep: true, installation, ...options });
  };
  beforeEach(() => start());
  afterEach(() => control.close());
  const snapshot = async () => {
    const current = await control.snapshots.fetch('');
    if (!current) throw new Error('there is a snapshot');
    return current;
  };
  const backendOf = async (name: string) => (await snapshot()).backends.find((backend) => backend.name === name);
  const status = () => control.client.call('getSnapshotStatus');

  it('the first snapshot is the file, resolved; no key is in it, nor in the database', async () => {
    const { backends: found, version, routing } = await snapshot();
    expect(version).toBe(1);
    expect(routing?.order).toEqual(['header', 'model', 'path', 'default']);
    expect(found.map(({ name, keyRef }) => [name, keyRef])).toEqual([
      ['mistral', 'mistral@1'],
      ['open', ''],
      ['openai', 'openai@1'],
      ['other', 'other@1'],
    ]);
    const stored = JSON.stringify(
      await Promise.all([
        control.db.selectFrom('backends').selectAll().execute(),
        control.db.selectFrom('snapshots').selectAll().execute(),
        control.db.selectFrom('events').selectAll().execute(),
      ]),
    );
    expect(stored + JSON.stringify(snapshotToJson(await snapshot()))).not.toContain(SECRET);
  });

  it('keys come over the edges’ endpoint only: of the file, of a file, of a secret', async () => {
    const keyOf = async (ref: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${EDGE_KEY}` };
      const reply = await control.fetch(`/internal/v1/backend-keys/${encodeURIComponent(ref)}`, { headers });
      return ((await reply.json()) as { key: unknown }).key;
    };
    expect(await keyOf('openai@1')).toBe(SECRET);
    expect(await keyOf('mistral@1')).toBe('key-of-the-secret');
    expect(await keyOf('other@1')).toBe('key-of-the-file');
    await expect(control.snapshots.backendKey('open@1')).rejects.toMatchObject({ code: 'not_found' });
    await expect(control.snapshots.backendKey('nobody@1')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('a restart with the same file publishes nothing; a changed key is a new reference', async () => {
    const { hash } = await snapshot();
    await restart();
    expect(await control.snapshots.fetch(hash)).toBeNull();
    await restart({ file: { backends: { ...FILE.backends, openai: { ...FILE.backends.openai, api_key: 'sk-new' } } } });
    expect((await snapshot()).version).toBe(2);
    expect((await backendOf('openai'))?.keyRef).toBe('openai@2');
    expect(await control.snapshots.backendKey('openai@2')).toBe('sk-new');
    await restart({ file: { backends: { open: FILE.backends.open } } });
    expect((await snapshot()).backends.map(({ name }) => name)).toEqual(['open']);
  });

  describe('backends over the API', () => {
    const url = 'https://own.example';
    const put = (name: string, body: object, ifMatch?: string) =>
      control.client.call('putBackend', { params: { name }, body: { url, ...body } }, ifMatch ? { ifMatch } : {});

    it('are published at once, with a sealed key that comes out for edges only', async () => {
      const made = await put('own', { api_key: SECRET, models: ['own-*'] });
      expect(made).toMatchObject({ owner: 'api', revision: 1, key: 'sealed', models: ['own-*'] });
      expect(control.published).toEqual([1, 2]);
      expect(await control.snapshots.backendKey((await backendOf('own'))?.keyRef ?? '')).toBe(SECRET);
      expect(JSON.stringify(await control.client.call('listBackends'))).not.toContain(SECRET);
      expect(JSON.stringify(await control.db.selectFrom('backends').selectAll().execute())).not.toContain(SECRET);
      await put('own', { models: [] });
      expect(await control.snapshots.backendKey('own@2')).toBe(SECRET);
      expect((await put('own', { api_key: '' })).key).toBe('sealed');
    });

    it('cannot name files or variables of ours', async () => {
      for (const api_key of ['file:/etc/passwd', 'secret:../../etc/passwd', '${ELIDA_SECRET}'])
        await expect(put('own', { api_key })).rejects.toMatchObject({ code: 'invalid' });
      expect((await put('own', { api_key: 'secret:mistral' })).key).toBe('reference');
      expect(await control.snapshots.backendKey('own@1')).toBe('key-of-the-secret');
    });

    it('are edited under If-Match, and only by their owner', async () => {
      await put('own', {});
      await expect(put('own', {}, '"7"')).rejects.toMatchObject({ code: 'precondition_failed', status: 412 });
      expect((await put('own', {}, '"1"')).revision).toBe(2);
      await expect(put('openai', {})).rejects.toMatchObject({ code: 'managed_elsewhere', status: 409 });
      const remove = (name: string) => control.client.call('deleteBackend', { params: { name } });
      await expect(remove('openai')).rejects.toMatchObject({ code: 'managed_elsewhere' });
      await expect(remove('nobody')).rejects.toMatchObject({ code: 'not_found' });
      await remove('own');
      expect(await backendOf('own')).toBeUndefined();
    });

    it('keep a file from taking their name', async () => {
      await put('own', {});
      const { installation } = control;
      await control.close();
      await expect(start({ keep: true, installation, file: { backends: { own: { url } } } })).rejects.toThrow(
        'backends.own',
      );
      await start({ keep: true, installation });
    });

    it('tell every field that does not fit', async () => {
      const refused = await put('own', { url: 'ftp://x', connections_max: 0, colour: 'red' }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ code: 'invalid', status: 422 });
      const { errors } = (refused as { problem: { errors: { path: string }[] } }).problem;
      expect(errors.map(({ path }) => path).sort()).toEqual(['body', 'body.connections_max', 'body.url']);
    });
  });

  describe('policies', () => {
    const put = (content: object) =>
      control.client.call('putPolicy', { params: { name: 'base' }, body: { content } as never });

    it('are versions that never change, and reach edges with a publication, not before', async () => {
      expect((await put({ priority: 1 })).version).toBe(1);
      expect((await put({ priority: 2 })).version).toBe(2);
      expect((await snapshot()).policies).toEqual([]);
      const published = await control.client.call('publishSnapshot', { body: { note: 'second' } });
      expect(published).toMatchObject({ version: 2, note: 'second', current: true });
      expect((await snapshot()).policies).toMatchObject([
        { name: 'base', version: 2, contentJson: '{"priority":2}', priority: 4 },
      ]);
      const { policies } = await control.client.call('listPolicyVersions', { params: { name: 'base' } });
      expect(policies.map(({ version }) => version)).toEqual([2, 1]);
      const first = await control.client.call('getPolicyVersion', { params: { name: 'base', version: 1 } });
      expect(first.content).toEqual({ priority: 1 });
      await expect(control.db.updateTable('policies').set({ author: 'x' }).execute()).rejects.toThrow();
    });

    it('a new key does not publish what nobody released', async () => {
      await put({ priority: 1 });
      await control.client.call('createKey', { body: { name: 'k', roles: ['client'] } });
      expect(await snapshot()).toMatchObject({ version: 2, policies: [] });
    });

    it('two writers at once get two versions', async () => {
      const versions = await Promise.all([put({ priority: 1 }), put({ priority: 2 }), put({ priority: 3 })]);
      expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
    });
  });

  describe('snapshots', () => {
    it('rolling back publishes the old content under a new version, with the keys of today', async () => {
      const { key } = await control.client.call('createKey', { body: { name: 'old', roles: ['client'] } });
      await control.client.call('putBackend', { params: { name: 'own' }, body: { url: 'https://own.example' } });
      const id = key.split('_')[1] ?? '';
      await control.client.call('revokeKey', { params: { id } });
      const { version } = await control.client.call('rollbackSnapshot', { body: { version: 2 } });
      const now = await snapshot();
      expect(now.version).toBe(version);
      expect(now.backends.some(({ name }) => name === 'own')).toBe(false);
      expect(now.credentials).toEqual([]);
      await control.client.call('createKey', { body: { name: 'new', roles: ['client'] } });
      expect((await snapshot()).backends.some(({ name }) => name === 'own')).toBe(false);
      await control.client.call('publishSnapshot', { body: {} });
      expect((await snapshot()).backends.some(({ name }) => name === 'own')).toBe(true);
      await expect(control.client.call('rollbackSnapshot', { body: { version: 99 } })).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('a restart undoes no roll-back and releases no policy', async () => {
      await control.client.call('putBackend', { params: { name: 'own' }, body: { url: 'https://own.example' } });
      await control.client.call('rollbackSnapshot', { body: { version: 1 } });
      await control.client.call('putPolicy', { params: { name: 'base' }, body: { content: {} } });
      await restart();
      expect(await snapshot()).toMatchObject({ version: 3, policies: [] });
      expect((await snapshot()).backends.some(({ name }) => name === 'own')).toBe(false);
    });

    it('status says which edge is at which version', async () => {
      expect((await status()).edges).toMatchObject([
        { edge: 'edge-1', snapshot_version: 1, current: true, inflight: 2 },
      ]);
      await control.client.call('putBackend', { params: { name: 'own' }, body: { url: 'https://own.example' } });
      expect(await status()).toMatchObject({ version: 2, edges: [{ snapshot_version: 1, current: false }] });
      expect(control.published.at(-1)).toBe(2);
    });

    it('are listed with pages, and shown without the hashes of keys', async () => {
      await control.client.call('createKey', { body: { name: 'k', roles: ['client'] } });
      const first = await control.client.call('listSnapshots', { query: { limit: 1 } });
      const rest = await control.client.call('listSnapshots', { query: { limit: 5, cursor: first.next_cursor } });
      expect([...first.snapshots, ...rest.snapshots].map(({ version, current }) => [version, current])).toEqual([
        [2, true],
        [1, false],
      ]);
      const { content } = await control.client.call('getSnapshot', { params: { version: 2 } });
      const [credential] = content.credentials as Record<string, unknown>[];
      expect(credential).toMatchObject({ roles: ['client'] });
      expect(credential).not.toHaveProperty('hash');
    });

    it('the same content is published once, by however many replicas at once', async () => {
      const { installation, store } = control;
      const twin = await startTestControl({
        postgresUrl: backends.postgres.url,
        keep: true,
        file: FILE,
        secretsDir,
        installation,
        store,
      });
      try {
        const publish = (from: TestControl) => from.client.call('publishSnapshot', { body: {} });
        const published = await Promise.all([publish(control), publish(twin), publish(control)]);
        expect(new Set(published.map(({ version }) => version))).toEqual(new Set([1]));
      } finally {
        await twin.close();
      }
    });
  });
});
