/** The control plane over HTTP, as the edge asks it: the snapshot by its hash, and backends' keys by reference. */
import { type Snapshot, snapshotFromJson } from '@elida/contracts';
import { Agent, request } from 'undici';
import type { SnapshotSource } from './ports.ts';

const WAIT_MS = 5_000;

export interface HttpSnapshotSourceOptions {
  readonly controlUrl: string;
  /** Key of role `edge`. */
  readonly edgeKey: string;
}

export function createHttpSnapshotSource({
  controlUrl,
  edgeKey,
}: HttpSnapshotSourceOptions): SnapshotSource & { close(): Promise<void> } {
  const agent = new Agent({ connect: { timeout: WAIT_MS }, headersTimeout: WAIT_MS, bodyTimeout: WAIT_MS });
  const base = controlUrl.replace(/\/+$/, '');
  const get = (path: string, headers: Record<string, string> = {}) =>
    request(base + path, { dispatcher: agent, headers: { authorization: `Bearer ${edgeKey}`, ...headers } });

  return {
    async fetch(etag): Promise<Snapshot | null> {
      const reply = await get('/internal/v1/snapshot', etag === '' ? {} : { 'if-none-match': `"${etag}"` });
      if (reply.statusCode === 304) {
        await reply.body.dump();
        return null;
      }
      if (reply.statusCode !== 200) {
        await reply.body.dump();
        throw new Error(`the control plane answered ${reply.statusCode} to a request for the snapshot`);
      }
      return snapshotFromJson((await reply.body.json()) as never);
    },
    async backendKey(keyRef): Promise<string> {
      const reply = await get(`/internal/v1/backend-keys/${encodeURIComponent(keyRef)}`);
      if (reply.statusCode !== 200) {
        await reply.body.dump();
        throw new Error(`the control plane answered ${reply.statusCode} to a request for a key`);
      }
      const { key } = (await reply.body.json()) as { key?: unknown };
      if (typeof key !== 'string' || key === '') throw new Error('the control plane gave no key');
      return key;
    },
    close: () => agent.close(),
  };
}
