/** Secrets that a caller and a provider say, through the whole cluster with everything kept: nothing of it has one afterwards. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@elida/kernel';
import { openDatabase } from '@elida/postgres';
import { expect, it, onTestFinished } from 'vitest';
import { query } from '../harness/cluster-record.ts';
import { elida } from '../harness/command.ts';
import { everyFile, everyRow, unfolded } from '../harness/grep.ts';
import { startOtlpReceiver } from '../harness/otlp-receiver.ts';
import { PLANTED, plantedIn, planting, SAID } from '../harness/planted.ts';
import { oneBackend, type Rig, startRig } from '../harness/rig.ts';
import { startUpstream } from '../harness/upstream.ts';

const patient = { timeout: 30_000, interval: 100 };
const said = encodeURIComponent(SAID);
const call = {
  id: 'call_1',
  type: 'function',
  function: { name: SAID.slice(0, 60), arguments: JSON.stringify({ SAID }) },
};

/** Wherever a caller can: path, query, headers, model, prompt, tool call, tool result. */
async function say(rig: Rig, edge: number, path: string, more: object): Promise<void> {
  const reply = await fetch(`${rig.cluster.edges[edge]?.ready.proxy}${path}?key=${said}`, {
    method: 'POST',
    headers: {
      'x-elida-api-key': rig.cluster.clientKey,
      authorization: `Bearer ${PLANTED.bearer}`,
      'content-type': 'application/json',
      'x-session-id': SAID,
      'x-elida-agent-id': SAID.slice(0, 60),
      'x-elida-workflow': PLANTED.jwt,
      'x-elida-tags': `note:${PLANTED.api_key},password:${PLANTED.password},who:${PLANTED.email}`,
      'user-agent': SAID,
    },
    body: JSON.stringify({
      model: SAID,
      messages: [
        { role: 'user', content: SAID },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: SAID },
      ],
      tools: [{ type: 'function', function: { name: 'note', description: SAID, parameters: {} } }],
      ...more,
    }),
  });
  await reply.arrayBuffer();
}

it('planted secrets are nowhere in the cluster: tables, Redis and its queues, data folders, logs, OTLP, API, export', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'elida-cluster-secrets-'));
  const log: string[] = [];
  const [upstream, collector] = [await startUpstream(planting), await startOtlpReceiver()];
  const config = `${oneBackend(upstream.url)}session: { timeout: 3s }
policy:
  enabled: true
  risk_ladder: { enabled: false }
  rules: [{ name: planted, type: content_match, target: both, patterns: [planted], action: flag, severity: warning }]
storage: { capture_mode: all }
telemetry: { enabled: true, exporter: otlp, endpoint: ${collector.url}, capture_content: all, file: ${join(folder, 'sdr')} }
`;
  const rig = await startRig(() => config, {
    log: (process, line) => void log.push(`${process} ${line}`),
    env: { ELIDA_LOG_LEVEL: 'debug' },
  });
  onTestFinished(async () => {
    await rig.stop();
    await collector.close();
    await upstream.close();
    await rm(folder, { recursive: true });
  });
  const { cluster } = rig;

  // What it did not take yet stands in the queue when the queue is looked at.
  await cluster.halt('audit');
  for (const edge of [0, 1, 2]) {
    await say(rig, edge, '/v1/chat/completions', {});
    await say(rig, edge, '/v1/chat/completions', { stream: true });
    await say(rig, edge, `/v1/chat/completions/${said}`, {});
    await say(rig, edge, `/unknown/${said}`, {});
  }
  const redis = (): string => everyFile(cluster.folderOf('redis'));
  await expect.poll(() => unfolded(redis()), patient).toContain('capture_recorded');
  const queued = redis();
  const spools = [1, 2, 3].map((nth) => everyFile(cluster.folderOf(`edge-${nth}`))).join('\n');
  await cluster.revive('audit');
  const ended = () => collector.spans.flatMap((span) => span.events.map(({ name }) => name));
  await expect.poll(ended, patient).toContain('captured.request');
  const count = async () => (await query(rig, `select 1 from events where type = 'exchange'`)).length;
  await expect.poll(count, patient).toBe(12);

  const out = join(folder, 'export');
  const env = { ELIDA_CONTROL_URL: String(cluster.control.ready.control), ELIDA_CONTROL_KEY: cluster.controlKey };
  expect((await elida(['export', '--out', out], { env })).code).toBe(0);
  const paths = ['/control/sessions', '/control/events', '/control/history', '/control/flagged', '/api/v1/tool-calls'];
  const answers = await Promise.all(paths.map((path) => rig.api(path)));
  const db = openDatabase({ url: cluster.postgres.url, log: silentLog });
  onTestFinished(() => db.destroy());

  const places = {
    postgres: await everyRow(db),
    'redis and its queues': `${queued}\n${redis()}`,
    spools,
    'data folders': ['control', 'audit', 'edge-1', 'edge-2', 'edge-3']
      .map((name) => everyFile(cluster.folderOf(name)))
      .join(''),
    logs: log.join('\n'),
    otlp: JSON.stringify([collector.spans, collector.logs, collector.metrics]),
    api: JSON.stringify(answers),
    'session records': await readFile(join(folder, 'sdr'), 'utf8'),
    export: everyFile(out),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(100);
    expect(plantedIn(text), place).toEqual([]);
    // It was looked for where something is.
    if (place !== 'logs') expect(unfolded(text), place).toContain('[REDACTED_');
  }
  // The server's own files, its write-ahead log included.
  const raw = everyFile(cluster.folderOf('postgres'));
  expect(Object.entries(PLANTED).filter(([, secret]) => raw.includes(secret))).toEqual([]);
});
