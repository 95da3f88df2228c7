/** What standalone says when it is ready: one JSON line for programs, lines to paste for people. */
import type { Screen } from '../terminal/screen.ts';

export interface Ready {
  readonly version: string;
  readonly proxy: string;
  readonly control: string;
  readonly metrics: string;
  readonly pid: number;
}

export interface ReadyDetails extends Ready {
  readonly dataDir: string;
  readonly configPath: string | undefined;
  /** No backend is configured: the demo answers. */
  readonly demo: boolean;
  /** Names of those in force. */
  readonly policies: readonly string[];
  /** How the command line is called from here. */
  readonly command: string;
}

export function announce(screen: Screen, ready: ReadyDetails): void {
  const { version, proxy, control, metrics, pid } = ready;
  screen.result({ ready: true, version, proxy, control, metrics, pid }, () => forPeople(screen, ready));
}

function forPeople(screen: Screen, ready: ReadyDetails): string {
  const label = (text: string): string => screen.paint('bold', text.padEnd(8));
  const about = [
    `metrics ${ready.metrics}`,
    `data ${ready.dataDir}`,
    `config ${ready.configPath ?? 'none (defaults)'}`,
    `policy ${ready.policies.join(', ') || 'none: nothing is inspected (--preset standard)'}`,
  ];
  const lines = [
    `ELIDA ${ready.version} is ready${ready.demo ? ': no backend is configured, the built-in demo answers' : ''}`,
    screen.paint('dim', about.join(' · ')),
    '',
    `${label('Use it')} ${exportsFor(ready.proxy)}`,
    `${label('See it')} ${ready.control}`,
    `${label('Stop it')} ${ready.command} sessions list; ${ready.command} sessions kill <id> --reason "why"`,
  ];
  if (ready.demo) lines.push('', screen.paint('dim', `Try it:  ${demoRequest(ready.proxy)}`));
  return lines.join('\n');
}

/** Claude Code and the Anthropic SDKs read the first, Codex and the OpenAI SDKs the second. */
const exportsFor = (proxy: string): string =>
  `export ANTHROPIC_BASE_URL=${proxy} OPENAI_BASE_URL=${proxy}/v1  # Claude Code, OpenAI SDKs; Codex: codex -c openai_base_url=${proxy}/v1`;

const demoRequest = (proxy: string): string =>
  `curl -N ${proxy}/v1/chat/completions -H 'content-type: application/json' -d '{"model":"demo","stream":true,"messages":[{"role":"user","content":"hello"}]}'`;
