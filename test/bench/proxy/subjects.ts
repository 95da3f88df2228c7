/** The processes that a round compares: each a proxy in front of the same mock provider, and the mock itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, freePort, startChild, startRedis } from '@elida/repo';

export interface Subject {
  readonly name: string;
  readonly url: string;
  /** Processes whose CPU counts. */
  readonly pids: readonly number[];
}

export interface Subjects {
  /** The provider without anything in front. */
  readonly direct: string;
  readonly list: readonly Subject[];
  stop(): Promise<void>;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REPLY_BYTES = 1_024;

function nginx(port: number, location: string, scratch: string, upstream = ''): string {
  const file = join(scratch, `nginx-${port}.conf`);
  writeFileSync(
    file,
    `daemon off; worker_processes 1; master_process off; pid ${scratch}/nginx-${port}.pid; error_log ${scratch}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 64m;
  client_body_temp_path ${scratch}/b; proxy_temp_path ${scratch}/p; fastcgi_temp_path ${scratch}/f; uwsgi_temp_path ${scratch}/u; scgi_temp_path ${scratch}/s;
  ${upstream}
  server { listen 127.0.0.1:${port}; default_type application/json; location / { ${location} } }
}`,
  );
  return file;
}

const startNginx = (config: string, scratch: string): Promise<Child> =>
  startChild({ command: 'nginx', args: ['-c', config, '-p', scratch, '-e', join(scratch, 'error.log')] });

export async function startNode(script: string, args: readonly string[]): Promise<{ child: Child; url: string }> {
  let ready: (url: string) => void = () => {};
  const url = new Promise<string>((resolve) => {
    ready = resolve;
  });
  const child = await startChild({
    command: process.execPath,
    args: [join(HERE, script), ...args],
    onLine: (line) => ready((JSON.parse(line) as { url: string }).url),
  });
  const first = await Promise.race([
    url,
    child.gone.then((how) => new Error(`${script} ended: ${how}\n${child.tail()}`)),
  ]);
  if (first instanceof Error) throw first;
  return { child, url: first };
}

/** As providers answer: with text, and with what it cost. nginx gets it in single quotes. */
function reply(): string {
  const completion = (content: string): string =>
    JSON.stringify({
      ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-bench' },
      choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 500, completion_tokens: 160, total_tokens: 660 },
    });
  const text = 'The parts of the house stand as the plan has them. '.repeat(REPLY_BYTES / 50);
  return completion(text.slice(0, REPLY_BYTES - completion('').length));
}

export async function startSubjects(): Promise<Subjects> {
  const scratch = mkdtempSync(join(tmpdir(), 'elida-bench-'));
  const children: Child[] = [];
  const redis = await startRedis({ own: true });
  const [mockPort, proxyPort] = [await freePort(), await freePort()];
  const body = reply();
  const direct = `http://127.0.0.1:${mockPort}`;
  children.push(await startNginx(nginx(mockPort, `return 200 '${body}';`, scratch), scratch));
  const upstream = `upstream mock { server 127.0.0.1:${mockPort}; keepalive 256; keepalive_requests 100000000; }`;
  const location =
    'proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header connection ""; proxy_buffering off;';
  const proxy = await startNginx(nginx(proxyPort, location, scratch, upstream), scratch);
  children.push(proxy);
  const bare = await startNode('bare-proxy.ts', [direct]);
  const edgeBare = await startNode('edge-process.ts', [direct]);
  const edgeSilent = await startNode('edge-process.ts', [direct, redis.url, 'standard']);
  const edgeGuarded = await startNode('edge-process.ts', [direct, redis.url, 'standard', join(scratch, 'data')]);
  children.push(bare.child, edgeBare.child, edgeSilent.child, edgeGuarded.child);
  return {
    direct,
    list: [
      { name: 'nginx', url: `http://127.0.0.1:${proxyPort}`, pids: [proxy.pid] },
      { name: 'bare node', url: bare.url, pids: [bare.child.pid] },
      { name: 'edge bare', url: edgeBare.url, pids: [edgeBare.child.pid] },
      { name: 'edge silent', url: edgeSilent.url, pids: [edgeSilent.child.pid] },
      { name: 'edge guarded', url: edgeGuarded.url, pids: [edgeGuarded.child.pid] },
    ],
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
      await redis.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
