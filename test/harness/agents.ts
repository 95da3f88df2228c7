/**
 * The real coding agents, each in an empty home folder and an empty work folder, offline but for the edge.
 * They are not part of the workspace: `ELIDA_TEST_AGENTS` names a folder in which npm has installed them.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export const AGENTS = ['claude-code', 'codex', 'codex-websocket', 'opencode'] as const;
export type AgentName = (typeof AGENTS)[number];

export interface AgentRun {
  readonly code: number | null;
  readonly output: string;
  readonly elapsedMs: number;
}

interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly codexConfig?: string;
}

function launch(agent: AgentName, edge: string, prompt: string): Launch {
  const codex = ['codex', 'exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--json'];
  switch (agent) {
    case 'claude-code':
      return {
        argv: ['claude', '-p', prompt, '--allowedTools', 'Bash', '--output-format', 'json'],
        env: { ANTHROPIC_BASE_URL: edge, ANTHROPIC_API_KEY: 'sk-ant-fake' },
      };
    case 'codex':
      return {
        argv: [...codex, prompt],
        env: { GW_KEY: 'sk-fake' },
        codexConfig: [
          'model="gpt-5.5-codex"',
          'model_provider="gw"',
          '[model_providers.gw]',
          'name="gw"',
          `base_url="${edge}/v1"`,
          'env_key="GW_KEY"',
          'wire_api="responses"',
        ].join('\n'),
      };
    case 'codex-websocket':
      return {
        argv: [...codex, '-m', 'gpt-5.5', prompt],
        env: { CODEX_API_KEY: 'sk-fake' },
        codexConfig: `openai_base_url = "${edge}/v1"`,
      };
    case 'opencode': {
      const provider = { anthropic: { options: { baseURL: `${edge}/v1`, apiKey: 'sk-ant-fake' } } };
      return {
        argv: ['opencode', 'run', '-m', 'anthropic/claude-sonnet-4-5', prompt],
        env: {
          OPENCODE_CONFIG_CONTENT: JSON.stringify({ autoupdate: false, provider }),
          OPENCODE_DISABLE_MODELS_FETCH: '1',
        },
      };
    }
  }
}

/** @param onStart called when the process runs: a kill can be timed against it. */
export async function runAgent(agent: AgentName, edge: string, prompt: string, timeoutMs = 90_000): Promise<AgentRun> {
  const home = await mkdtemp(join(tmpdir(), 'elida-agent-'));
  const work = join(home, 'work');
  await mkdir(join(home, '.codex'), { recursive: true });
  await mkdir(work);
  const { argv, env, codexConfig } = launch(agent, edge, prompt);
  if (codexConfig) await writeFile(join(home, '.codex', 'config.toml'), codexConfig);
  const bin = join(process.env.ELIDA_TEST_AGENTS ?? '', 'node_modules', '.bin');
  const [command = '', ...rest] = argv;
  const begun = performance.now();
  const child = spawn(join(bin, command), rest, {
    cwd: work,
    env: { HOME: home, TERM: 'dumb', PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  await rm(home, { recursive: true, force: true });
  return { code, output, elapsedMs: performance.now() - begun };
}
