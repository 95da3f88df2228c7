/**
 * The wiring of one process: flags > environment > file > defaults, key by key. Pure. What the environment says is
 * read by `readEnvironment(variables, wiringEnvironment)`; flags arrive as parsed by the command.
 */
import { type ConfigFile, type ListenAddress, parseListen } from '@elida/contracts';
import { z } from 'zod';
import { env } from './environment.ts';

export interface WiringFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly controlPort?: number | undefined;
  readonly metricsPort?: number | undefined;
  readonly dataDir?: string | undefined;
  readonly backend?: string | undefined;
  readonly logLevel?: string | undefined;
}

const listen = z.string().transform((text, context) => {
  const address = parseListen(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8080' });
  return z.NEVER;
});

const logLevel = z.enum(['debug', 'info', 'warn', 'error']);

/** The `…_LISTEN` and `ELIDA_BACKEND` names are those of the predecessor; the narrower name wins over `ELIDA_HOST`. */
export const wiringEnvironment = z.object({
  ELIDA_CONFIG: env.text.optional(),
  ELIDA_HOST: env.text.optional(),
  ELIDA_PORT: env.port.optional(),
  ELIDA_LISTEN: listen.optional(),
  ELIDA_CONTROL_PORT: env.port.optional(),
  ELIDA_CONTROL_LISTEN: listen.optional(),
  ELIDA_METRICS_PORT: env.port.optional(),
  ELIDA_METRICS_LISTEN: listen.optional(),
  ELIDA_DATA_DIR: env.text.optional(),
  ELIDA_BACKEND: env.url('http', 'https', 'ws', 'wss').optional(),
  ELIDA_LOG_LEVEL: logLevel.optional(),
});
export type WiringEnvironment = Readonly<z.output<typeof wiringEnvironment>>;

export interface Wiring {
  readonly proxy: ListenAddress;
  readonly control: ListenAddress;
  readonly metrics: ListenAddress;
  readonly dataDir: string;
  readonly logLevel: z.output<typeof logLevel>;
  /** URL of the default backend, where a flag or the environment names one. */
  readonly backend: string | undefined;
}

export function wiringOf(flags: WiringFlags, variables: WiringEnvironment, file: ConfigFile): Wiring {
  const address = (
    port: number | undefined,
    variable: { port: number | undefined; listen: ListenAddress | undefined },
    fallback: string,
  ): ListenAddress => {
    const fromFile = parseListen(fallback) ?? { host: '127.0.0.1', port: 0 };
    return {
      host: flags.host ?? variable.listen?.host ?? variables.ELIDA_HOST ?? fromFile.host,
      port: port ?? variable.port ?? variable.listen?.port ?? fromFile.port,
    };
  };
  const level = logLevel.safeParse(flags.logLevel);
  return {
    proxy: address(flags.port, { port: variables.ELIDA_PORT, listen: variables.ELIDA_LISTEN }, file.listen),
    control: address(
      flags.controlPort,
      { port: variables.ELIDA_CONTROL_PORT, listen: variables.ELIDA_CONTROL_LISTEN },
      file.control.listen,
    ),
    metrics: address(
      flags.metricsPort,
      { port: variables.ELIDA_METRICS_PORT, listen: variables.ELIDA_METRICS_LISTEN },
      file.metrics.listen,
    ),
    dataDir: flags.dataDir ?? variables.ELIDA_DATA_DIR ?? '.elida',
    logLevel: level.success ? level.data : (variables.ELIDA_LOG_LEVEL ?? file.logging.level),
    backend: flags.backend ?? variables.ELIDA_BACKEND,
  };
}

/** Which keys exist beside those of the file. */
export interface Credentials {
  /** `ELIDA_CLIENT_KEY`: callers of the proxy have a key. */
  readonly client: boolean;
}
