/** `elida standalone` and the command line, as two processes of a newcomer's machine. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AgentUpstream, startAgentUpstream } from '../harness/agent-upstream.ts';
import { elida, follow } from '../harness/command.ts';
import { descendants, survivors } from '../harness/process-tree.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

const chat = (base: string, session: string, stream = false): Promise<Response> =>
  fetch(`${base}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': session, authorization: 'Bearer sk-fake' },
    body: JSON.stringify({ model: 'demo', stream, messages: [{ role: 'user', content: 'hello' }] }),
  });

const sessionOf = (reply: Response): string => reply.headers.get('x-elida-session-id') ?? '';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'elida test '));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('standalone without any backend', () => {
  let elidaProcess: Standalone;
  beforeAll(async () => {
    elidaProcess = await startStandalone();
  });
  afterAll(() => elidaProcess?.stop());

  it('answers by the demo backend on the OpenAI and Anthropic wires', async () => {
    const { proxy } = elidaProcess;
    const completion = await chat(proxy, 'demo');
    expect(completion.status).toBe(200);
    expect(await completion.json()).toMatchObject({ object: 'chat.completion' });
    const message = await fetch(`${proxy}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-fake', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: 'demo', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] }),
    });
    expect(await message.json()).toMatchObject({ type: 'message', role: 'assistant' });
    const stream = await (await chat(proxy, 'demo', true)).text();
    expect(stream.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('is ready, healthy and scraped on a port of its own', async () => {
    expect((await fetch(`${elidaProcess.metrics}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${elidaProcess.metrics}/metrics`)).text()).toContain('elida_edge_requests_total');
    expect(await (await fetch(`${elidaProcess.control}/api/v1/health`)).json()).toMatchObject({ status: 'ok' });
  });
});

describe('the command line', () => {
  let upstream: AgentUpstream;
  let running: Standalone;
  const command = (...args: string[]) => elida(args, { env: { ELIDA_DATA_DIR: join(running.folder, 'data') } });
  const json = async (...args: string[]) => JSON.parse((await command(...args, '--json')).stdout);

  beforeAll(async () => {
    upstream = await startAgentUpstream();
    running = await startStandalone({ config: `backend: ${upstream.url}\n` });
  });
  afterAll(async () => {
    await running?.stop();
    await upstream?.close();
  });

  it('finds the running instance by its data folder and lists the session that the caller was given', async () => {
    const id = sessionOf(await chat(running.proxy, 'listed'));
    expect(id).toMatch(/^ses_/);
    const { sessions } = await json('sessions', 'list');
    expect(sessions).toContainEqual(expect.objectContaining({ id, state: 'active', backend: 'default' }));
    expect((await command('sessions', 'list')).stdout).toMatch(new RegExp(`${id} +active`));
    expect((await command('sessions', 'show', id)).stdout).toMatch(/state +active/);
    expect((await command('sessions', 'tree', id)).stdout).toContain(id);
  });

  it('kills in mid-stream with the reason shown, refuses afterwards, and resumes', async () => {
    upstream.options = { slowWords: 1_000, paceMs: 10 };
    const reply = await chat(running.proxy, 'killed', true);
    const id = sessionOf(reply);
    const reader = (reply.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? '';
    expect(await json('sessions', 'kill', id, '--reason', 'enough of this', '--dry-run')).toMatchObject({
      sessions: 1,
      dry_run: true,
    });
    const killed = await command('sessions', 'kill', id, '--reason', 'enough of this');
    expect(killed).toMatchObject({ code: 0 });
    expect(killed.stdout).toMatch(/killed session ses_\w+ until .*: 1 session, 1 running exchange cut, 1 of 1 edge/);
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value;
    expect(text).toContain('enough of this');
    expect(text).not.toContain('word999');
    upstream.options = {};
    const refused = await chat(running.proxy, 'killed');
    expect([refused.status, refused.headers.get('x-elida-code')]).toEqual([403, 'session_killed']);
    expect((await command('sessions', 'resume', id)).stdout).toMatch(/^resumed/);
    expect((await chat(running.proxy, 'killed')).status).toBe(200);
  });

  it('blocks for a time, lists, lifts; terminates for good', async () => {
    const id = sessionOf(await chat(running.proxy, 'blocked'));
    const { principal } = await json('sessions', 'show', id);
    const block = await json('blocks', 'set', '--principal', principal, '--for', '1h', '--reason', 'pause');
    expect((await chat(running.proxy, 'blocked')).status).toBe(403);
    expect((await command('blocks', 'list')).stdout).toContain(block.order_id);
    expect((await command('blocks', 'lift', block.order_id)).code).toBe(0);
    expect((await chat(running.proxy, 'blocked')).status).toBe(200);
    expect((await command('sessions', 'terminate', id)).code).toBe(0);
    expect((await chat(running.proxy, 'blocked')).headers.get('x-elida-code')).toBe('session_terminated');
    expect((await command('sessions', 'resume', id)).code).toBe(1);
  });

  it('makes a key that works at once, lists it, revokes it', async () => {
    const made = await json('keys', 'create', 'a tool', '--role', 'viewer');
    const using = (...args: string[]) => elida([...args, '--url', running.control, '--key', made.key]);
    expect((await using('sessions', 'list')).code).toBe(0);
    expect((await using('sessions', 'kill', '--all', '--yes')).code).toBe(4);
    expect((await command('keys', 'list')).stdout).toContain(made.id);
    expect((await command('keys', 'list')).stdout).not.toContain(made.key);
    expect((await command('keys', 'revoke', made.id)).code).toBe(0);
    expect((await using('sessions', 'list')).code).toBe(4);
  });

  it('shows what happens as it happens, one JSON object a line, until Ctrl-C', async () => {
    const watch = follow(['sessions', 'watch', '--json', '--data-dir', join(running.folder, 'data')]);
    onTestFinished(() => watch.kill());
    const seen = () =>
      watch.lines().map((line) => JSON.parse(line) as { topic: string; data: Record<string, unknown> });
    await expect
      .poll(
        async () => {
          await chat(running.proxy, 'watched again and again');
          return seen().some(({ topic, data }) => topic === 'events' && data.type === 'exchange');
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBe(true);
    watch.kill('SIGINT');
    expect(await watch.exited).toBe(0);
  });

  it('exits with the documented codes and one message', async () => {
    const codes = await Promise.all([
      command('sessions', 'show', 'ses_nothing'),
      command('sessions', 'kill'),
      command('sessions', 'kill', '--all'),
      elida(['sessions', 'list', '--url', 'http://127.0.0.1:1']),
      elida(['sessions', 'list', '--url', running.control, '--key', 'elida_a_b']),
      command('sessions', 'lisst'),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([3, 2, 2, 5, 4, 2]);
    for (const { stderr, stdout } of codes) {
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(stdout).toBe('');
    }
  });
});

describe('the life of a standalone', () => {
  let upstream: AgentUpstream;
  const start = (folder: string) => startStandalone({ folder, config: `backend: ${upstream.url}\n` });
  beforeAll(async () => {
    upstream = await startAgentUpstream();
  });
  afterAll(() => upstream?.close());

  it('a kill and a block survive its restart', async () => {
    const folder = await freshFolder();
    const first = await start(folder);
    const killed = sessionOf(await chat(first.proxy, 'killed'));
    const blocked = sessionOf(await chat(first.proxy, 'blocked'));
    const data = ['--data-dir', join(folder, 'data')];
    await elida(['sessions', 'kill', killed, '--permanent', '--reason', 'for good', ...data]);
    await elida(['blocks', 'set', '--session', blocked, '--for', '1h', ...data]);
    await first.stop();
    const second = await start(folder);
    onTestFinished(() => second.stop());
    const refused = await chat(second.proxy, 'killed');
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('for good')]);
    expect((await chat(second.proxy, 'blocked')).status).toBe(403);
    expect((await chat(second.proxy, 'other')).status).toBe(200);
  });

  it('SIGTERM leaves no process and no lock behind', async () => {
    const folder = await freshFolder();
    const instance = await start(folder);
    const children = descendants(instance.pid);
    expect(children.length).toBeGreaterThan(0);
    await instance.stop();
    expect(survivors(children)).toEqual([]);
    expect((await elida(['sessions', 'list', '--data-dir', join(folder, 'data')])).code).toBe(5);
  });

  it('lets a running stream finish after SIGTERM; a second signal stops at once, PostgreSQL too', async () => {
    const folder = await freshFolder();
    const instance = await start(folder);
    const children = descendants(instance.pid);
    upstream.options = { slowWords: 150, paceMs: 10 };
    const finishing = await chat(instance.proxy, 'finishing', true);
    const stopping = instance.stop();
    expect(await finishing.text()).toContain('word149');
    await stopping;
    expect(survivors(children)).toEqual([]);

    const second = await start(folder);
    const others = descendants(second.pid);
    upstream.options = { slowWords: 2_000, paceMs: 10 };
    const cut = await chat(second.proxy, 'cut', true);
    process.kill(second.pid, 'SIGTERM');
    const reading = cut.text().catch((error: unknown) => `broken off: ${error}`);
    await expect.poll(() => second.log(), { timeout: 10_000 }).toContain('"stopping"');
    await expect
      .poll(
        () => {
          if (survivors(descendants(process.pid)).includes(second.pid)) process.kill(second.pid, 'SIGTERM');
          return survivors(others);
        },
        { timeout: 20_000, interval: 200 },
      )
      .toEqual([]);
    expect(await reading).not.toContain('word1999');
    upstream.options = {};
  });

  it('a second one in the same data folder is refused in words; after a SIGKILL the next one starts', async () => {
    const folder = await freshFolder();
    const instance = await start(folder);
    const data = join(folder, 'data');
    const ports = ['--port', '0', '--control-port', '0', '--metrics-port', '0'];
    const second = await elida(['standalone', ...ports, '--data-dir', data]);
    expect(second).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`in use by process ${instance.pid}`),
    });
    process.kill(instance.pid, 'SIGKILL');
    const third = await start(folder);
    onTestFinished(() => third.stop());
    expect((await chat(third.proxy, 'again')).status).toBe(200);
  });

  it('what keeps it from starting is said in words, with a code, and nothing is left running', async () => {
    const folder = await freshFolder();
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'listen: nowhere\nbackends:\n  a: { ulr: http://a }\n');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [['--config', file], 2, /bad.yaml:1:9 listen.*\n.*bad.yaml:3:3.*missing\n.*bad.yaml:3:8.*did you mean url\?/],
      [['--config', join(folder, 'none.yaml')], 2, /there is no such file/],
      [['--port', String(port)], 1, /proxy listener 127.0.0.1:\d+ is in use/],
      [
        ['--port', '0', '--control-port', '0', '--metrics-port', '0', '--data-dir', file],
        1,
        /the data folder .* is no folder/,
      ],
      [['--host', '0.0.0.0'], 2, /for anybody/],
      [['--port', 'http'], 2, /A port is a number/],
    ];
    for (const [args, code, message] of cases) {
      const result = await elida(['standalone', ...args], { cwd: folder });
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toMatch(message);
      expect(result.stderr).not.toMatch(/\n\s+at /);
    }
  });
});

it('`elida --help` names every command; `validate-config` tells every mistake', async () => {
  const { code, stdout } = await elida(['--help']);
  expect(code).toBe(0);
  const commands = ['standalone|run', 'edge', 'control', 'audit', 'sessions', 'blocks', 'keys', 'validate-config'];
  for (const name of [...commands, 'policies', 'violations', 'events', 'log', 'export', 'verify']) {
    expect(stdout).toContain(name);
  }
  const folder = await freshFolder();
  await writeFile(join(folder, 'good.yaml'), 'backend: http://localhost:11434\nfailover: { enabled: true }\n');
  await writeFile(
    join(folder, 'bad.yaml'),
    'storage:\n  redaction:\n    patterns: [{ name: a, pattern: "(a+)+$", replacement: x }]\n',
  );
  const good = await elida(['validate-config', 'good.yaml'], { cwd: folder });
  expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/is valid: 1 backend\nwarning: .*failover/) });
  const bad = await elida(['validate-config', 'bad.yaml'], { cwd: folder });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('bad.yaml:3:') });
});
