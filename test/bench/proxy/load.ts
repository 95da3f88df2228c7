/** Load: as much as goes (wrk, for CPU per request), and a fixed rate (for latency). Both in processes of their own. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RATE_SCRIPT = fileURLToPath(new URL('./rate.ts', import.meta.url));

/** A chat request of about 2 KB, as an agent in a session of its own sends it. */
export const BODY = JSON.stringify({
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: `You are a careful assistant. ${'Follow the rules of the house. '.repeat(40)}` },
    { role: 'user', content: 'What does the session border controller do? '.repeat(14) },
  ],
});

export function writeWrkScript(folder: string): string {
  const file = join(folder, 'post.lua');
  writeFileSync(
    file,
    `wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer sk-bench"
wrk.headers["user-agent"] = "OpenAI/JS 7.57.0"
wrk.headers["accept"] = "application/json"
wrk.headers["x-stainless-lang"] = "js"
wrk.headers["x-session-id"] = "bench"
wrk.body = [==[${BODY}]==]
`,
  );
  return file;
}

/** @returns requests answered in `seconds`. @throws Error where any of them failed. */
export async function saturate(url: string, script: string, connections: number, seconds: number): Promise<number> {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
  const requests = /(\d+) requests in/.exec(stdout)?.[1];
  if (requests === undefined) throw new Error(stdout);
  return Number(requests);
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Milliseconds from when a request was due to its whole answer. */
export async function latencyAt(url: string, perSecond: number, seconds: number): Promise<Latency> {
  const { stdout } = await run(process.execPath, [RATE_SCRIPT, url, String(perSecond), String(seconds)]);
  return JSON.parse(stdout) as Latency;
}

/** CPU of all threads of these processes so far, microseconds (/proc/<pid>/task/<tid>/schedstat). */
export function cpuMicros(pids: readonly number[]): number {
  let nanos = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return nanos / 1_000;
}
