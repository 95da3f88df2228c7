import type { Call, ExplanationView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { wholeNumber } from '../flag-number.ts';
import { readText } from '../read-text.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { plain, type Screen } from '../terminal/screen.ts';

type Body = NonNullable<Call<'explainPolicy'>['body']>;

interface ExplainFlags extends RemoteFlags {
  readonly file?: string;
  readonly at?: number;
  readonly tenant?: string;
  readonly text?: string;
  readonly role: NonNullable<Body['role']>;
  readonly side: NonNullable<Body['side']>;
  readonly request?: string;
  readonly dialect: NonNullable<Body['dialect']>;
  readonly tool?: string;
  readonly arguments?: string;
  readonly model?: string;
  readonly score?: string;
}

const ROLES = ['user', 'assistant', 'system', 'developer', 'tool'];
const DIALECTS = ['openai-chat', 'openai-responses', 'openai', 'anthropic-messages', 'plain'];

export const policiesExplain = (shell: Shell): Command =>
  remoteCommand('explain', 'Which rule decides a text, a request or a tool call, and why')
    .argument('[name]', 'a stored policy; or --file')
    .addOption(new Option('--file <policy>', 'a policy that is not stored'))
    .addOption(new Option('--at <version>', 'another than the last').argParser(wholeNumber))
    .addOption(new Option('--tenant <name>', 'with the layer of this tenant'))
    .addOption(new Option('--text <text>', 'default: standard input'))
    .addOption(new Option('--role <role>', 'whose words').choices(ROLES).default('user'))
    .addOption(new Option('--side <side>').choices(['request', 'response']).default('request'))
    .addOption(new Option('--request <file>', 'a whole request body; - reads standard input'))
    .addOption(new Option('--dialect <dialect>', 'of the request').choices(DIALECTS).default('openai-chat'))
    .addOption(new Option('--tool <name>', 'a call of this tool'))
    .addOption(new Option('--arguments <json>', 'of the call; a text that is no JSON is taken as it stands'))
    .addOption(new Option('--model <name>', 'as it is asked for'))
    .addOption(new Option('--score <n>', 'risk of the session before (0 … 100)'))
    .action(async (name: string | undefined, flags: ExplainFlags) => {
      const { client, screen } = remote(shell, flags);
      const body = { ...(await policyOf(shell, name, flags)), ...(await inputOf(shell, flags)) };
      const found = await client.call('explainPolicy', { body });
      screen.result(found, () => words(screen, found));
    });

async function policyOf(
  shell: Shell,
  name: string | undefined,
  { file, at: version, tenant }: ExplainFlags,
): Promise<Body> {
  if ((name === undefined) === (file === undefined)) {
    throw new CommandError('name one policy: a stored one, or --file', EXIT.usage);
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(file === undefined ? {} : { yaml: await readText(shell, file) }),
    ...(version === undefined ? {} : { version }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

async function inputOf(shell: Shell, flags: ExplainFlags): Promise<Body> {
  const { text, request, tool, model, role, side, dialect } = flags;
  const fromInput = text === undefined && request === undefined && tool === undefined && model === undefined;
  const said = fromInput ? (await shell.input()).replace(/\n$/, '') : text;
  return {
    role,
    side,
    ...(said === undefined ? {} : { text: said }),
    ...(request === undefined ? {} : { dialect, request: jsonOf(await readText(shell, request), request) }),
    ...(tool === undefined ? {} : { tool_call: { name: tool, arguments: argumentsOf(flags.arguments ?? '{}') } }),
    ...(model === undefined ? {} : { model }),
    ...(flags.score === undefined ? {} : { score: Number(flags.score) }),
  };
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandError(`${file} is no JSON`, EXIT.usage, { cause: error });
  }
}

function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function words(screen: Screen, { policy, mode, decision, because, findings }: ExplanationView): string {
  const harmless = ['allow', 'observe', 'flag', 'warn'].includes(decision.action);
  const verdict = screen.paint(harmless ? 'green' : 'red', decision.action);
  const dry = decision.would === decision.action ? '' : ` (enforcing: ${decision.would})`;
  return [
    `${verdict}${dry}  ${screen.paint('dim', `${policy || 'this policy'}, ${mode}`)}`,
    ...because.map((sentence) => `  ${plain(sentence)}`),
    ...findings.flatMap((finding) => ['', ...findingLines(screen, finding)]),
  ].join('\n');
}

/** The shipped ones are long; --json has them whole. */
const shortened = (pattern: string): string => (pattern.length > 100 ? `/${pattern.slice(0, 100)}…` : `/${pattern}/`);

function findingLines(screen: Screen, finding: ExplanationView['findings'][number]): string[] {
  const { rule, action, observe, decides, description, why, place, matches, category } = finding;
  const refs = [
    ...finding.owasp_llm_2025.map((id) => `${id}:2025`),
    ...finding.owasp_llm_v1_1.map((id) => `${id}:v1.1`),
    ...finding.mitre_atlas,
  ];
  return [
    `${screen.paint('bold', plain(rule))}  ${observe ? 'observes' : action}${decides ? '  ← decides' : ''}`,
    ...(description ? [`  ${plain(description)}`] : []),
    `  ${plain(why)}`,
    ...matches.map(({ start, end, text, pattern }) =>
      plain(`  ${place} ${start}–${end}: ${JSON.stringify(text)}${pattern ? `  ${shortened(pattern)}` : ''}`),
    ),
    screen.paint('dim', `  ${[category, ...refs].filter(Boolean).join(', ')}`),
  ];
}
