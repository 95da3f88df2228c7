import { type Command, Command as CommandClass, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../exit-code.ts';
import type { Shell } from '../shell.ts';
import type { StandaloneFlags } from '../standalone/settings.ts';

const port = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('A port is a number between 0 (picks a free one) and 65535.');
};

export const standalone = (shell: Shell, version: string): Command =>
  new CommandClass('standalone')
    .alias('run')
    .description('Everything in one process: proxy, control plane, audit worker and a private PostgreSQL')
    .addOption(new Option('--config <file>', 'YAML file (ELIDA_CONFIG; ./elida.yaml where there is one)'))
    .addOption(new Option('--host <host>', 'of all listeners (ELIDA_HOST; 127.0.0.1)'))
    .addOption(new Option('--port <port>', 'of the proxy (ELIDA_PORT; 8080)').argParser(port))
    .addOption(new Option('--control-port <port>', 'of console and API (ELIDA_CONTROL_PORT; 9090)').argParser(port))
    .addOption(new Option('--metrics-port <port>', '(ELIDA_METRICS_PORT; 9091)').argParser(port))
    .addOption(new Option('--data-dir <dir>', 'data folder (ELIDA_DATA_DIR; .elida)'))
    .addOption(new Option('--base-url <url>', 'URL of the default backend (ELIDA_BACKEND)'))
    .addOption(new Option('--type <dialect>', 'its dialect: openai, anthropic …'))
    .addOption(new Option('--api-key <key>', 'key injected there; `file:/path` keeps it out of the process list'))
    .addOption(new Option('--preset <name>', "of the default policy, in place of the file's: standard, coding-agent …"))
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']))
    .addOption(new Option('--json', 'one JSON line on stdout when ready'))
    .action(async (flags: StandaloneFlags) => {
      const { runStandalone } = await import('../standalone/run.ts');
      await runStandalone(shell, flags, version);
      // All of it has stopped; a timer that is still set somewhere is no reason to stay.
      process.exit(EXIT.ok);
    });
