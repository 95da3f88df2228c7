/** `elida edge | control | audit`: one service of the distributed system, wired by the environment of its README. */
import { Command, Option } from 'commander';
import type { Shell } from '../shell.ts';
import { auditDead } from './audit-dead.ts';
import { auditParked } from './audit-parked.ts';

interface Service {
  readonly name: string;
  readonly description: string;
  readonly package: string;
  /** The variable of its own listener, beside that of the metrics. */
  readonly portVariable: string | undefined;
  /** About what it does, asked of a control plane. */
  readonly commands?: (shell: Shell) => Command[];
}

const SERVICES: readonly Service[] = [
  { name: 'edge', description: 'One edge proxy', package: '@elida/edge-proxy', portVariable: 'ELIDA_PORT' },
  {
    name: 'control',
    description: 'The control plane',
    package: '@elida/control-plane',
    portVariable: 'ELIDA_CONTROL_PORT',
  },
  {
    name: 'audit',
    description: 'The audit worker',
    package: '@elida/audit-worker',
    portVariable: undefined,
    commands: (shell) => [auditParked(shell), auditDead(shell)],
  },
];

interface ServiceFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly metricsPort?: string;
  readonly dataDir?: string;
  readonly logLevel?: string;
  readonly json?: boolean;
}

export const serviceCommands = (shell: Shell): Command[] =>
  SERVICES.map((service) => {
    const command = new Command(service.name)
      .description(`${service.description}; the rest of its wiring is in the environment`)
      .addOption(new Option('--config <file>', 'ELIDA_CONFIG'))
      .addOption(new Option('--host <host>', 'ELIDA_HOST'))
      .addOption(new Option('--metrics-port <port>', 'ELIDA_METRICS_PORT'))
      .addOption(new Option('--data-dir <dir>', 'ELIDA_DATA_DIR'))
      .addOption(new Option('--log-level <level>', 'ELIDA_LOG_LEVEL'))
      .addOption(new Option('--json', 'one JSON line on stdout when ready (ELIDA_JSON)'));
    for (const child of service.commands?.(shell) ?? []) command.addCommand(child);
    command.enablePositionalOptions();
    if (service.portVariable) command.addOption(new Option('--port <port>', service.portVariable));
    return command.action((flags: ServiceFlags) => runService(service, flags, shell));
  });

/**
 * A service's main runs from the environment, handles its signals and sets its exit code: it becomes this process.
 * Flags are laid over the environment, so that they win.
 */
async function runService(service: Service, flags: ServiceFlags, shell: Shell): Promise<void> {
  Object.assign(shell.environment, environmentOf(service, flags));
  await import(new URL('./main.ts', import.meta.resolve(`${service.package}/compose`)).href);
}

export function environmentOf(service: Pick<Service, 'portVariable'>, flags: ServiceFlags): Record<string, string> {
  const laid: Record<string, string | undefined> = {
    ELIDA_CONFIG: flags.config,
    ELIDA_HOST: flags.host,
    ELIDA_METRICS_PORT: flags.metricsPort,
    ELIDA_DATA_DIR: flags.dataDir,
    ELIDA_LOG_LEVEL: flags.logLevel,
    ELIDA_JSON: flags.json ? 'true' : undefined,
    ...(service.portVariable && { [service.portVariable]: flags.port }),
  };
  return Object.fromEntries(
    Object.entries(laid).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
