/** `npm run cluster`: the surface that outside checks hold on to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Description {
  readonly ready: true;
  readonly edges: readonly { readonly url: string; readonly metrics: string; readonly pid: number }[];
  readonly control: string;
  readonly controlKey: string;
  readonly edgeKey: string;
  readonly redis: string;
  readonly nats: string;
  readonly postgres: string;
  readonly pids: Readonly<Record<'redis' | 'nats' | 'postgres' | 'control' | 'audit', number>>;
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Runs the command as npm does; `use` gets what it printed; afterwards SIGTERM, and all that it printed. */
async function withCluster(edges: number, use: (cluster: Description) => Promise<void>): Promise<string[]> {
  const args = ['tools/repo/bootstrap.mjs', 'cluster', '--edges', String(edges), '--json'];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('\n')) resolve();
    });
    child.once('close', (code) => reject(new Error(`the cluster ended with ${code}:\n${log}`)));
  });
  const closed = once(child, 'close');
  try {
    await ready;
    await use(JSON.parse(out) as Description);
  } finally {
    child.kill('SIGTERM');
    await closed;
  }
  return out.trimEnd().split('\n');
}

const chat = async (edge: string, key: string): Promise<{ status: number; session: string }> => {
  const reply = await request(`${edge}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-session-id': 'one-conversation' },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await reply.body.dump();
  return { status: reply.statusCode, session: String(reply.headers['x-elida-session-id']) };
};

describe('npm run cluster', () => {
  it('prints one line, serves one session on every edge, and leaves nothing behind', async () => {
    let pids: number[] = [];
    const printed = await withCluster(2, async (cluster) => {
      expect(cluster.ready).toBe(true);
      expect(cluster.edges).toHaveLength(2);
      pids = [...cluster.edges.map((edge) => edge.pid), ...Object.values(cluster.pids)];
      expect(pids.every(alive)).toBe(true);
      const replies = await Promise.all(cluster.edges.map((edge) => chat(edge.url, cluster.edgeKey)));
      expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
      expect(replies[0]?.session).toMatch(/^ses_/);
      expect(replies[1]?.session).toBe(replies[0]?.session);
      const byProviderKey = await chat(cluster.edges[0]?.url ?? '', 'sk-a-key-of-the-provider');
      expect(byProviderKey.status).toBe(200);
      expect(byProviderKey.session).not.toBe(replies[0]?.session);
      const listed = await request(`${cluster.control}/api/v1/sessions`, {
        headers: { authorization: `Bearer ${cluster.controlKey}` },
      });
      expect(listed.statusCode).toBe(200);
      expect(await listed.body.text()).toContain(replies[0]?.session);
      const metrics = await request(`${cluster.edges[0]?.metrics}/metrics`);
      expect(await metrics.body.text()).toContain('elida_edge_requests_total');
    });
    expect(printed).toHaveLength(1);
    expect(pids.filter(alive)).toEqual([]);
  });
});
