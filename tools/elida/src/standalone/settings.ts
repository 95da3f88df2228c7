/** What a standalone instance is to be, from flags, environment and file: decided before anything is opened. */
import { existsSync } from 'node:fs';
import { backendSchema, type ConfigFile } from '@elida/contracts';
import {
  ConfigError,
  type Environment,
  env,
  exposureProblems,
  readEnvironment,
  requireConfigFile,
  type Wiring,
  type WiringFlags,
  wiringEnvironment,
  wiringOf,
} from '@elida/kernel';
import { checkFilePolicies } from '@elida/policy';

import { FILE_CHECKS } from '../file-checks.ts';

export interface StandaloneFlags extends Omit<WiringFlags, 'backend'> {
  readonly config?: string;
  readonly baseUrl?: string;
  readonly type?: string;
  readonly apiKey?: string;
  readonly preset?: string;
  readonly json?: boolean;
}

export interface StandaloneSettings {
  readonly wiring: Wiring;
  readonly file: ConfigFile;
  readonly configPath: string | undefined;
  readonly warnings: readonly string[];
  /** ELIDA_SECRET; else the data folder has it. */
  readonly secret: string | undefined;
  /** Keys that exist from the start, beside the owner's own. */
  readonly keys: { readonly owner: string | undefined; readonly client: string | undefined };
}

const standaloneEnvironment = wiringEnvironment.extend({
  ELIDA_SECRET: env.secret.optional(),
  ELIDA_OWNER_KEY: env.text.optional(),
  ELIDA_CLIENT_KEY: env.text.optional(),
});

const DEFAULT_FILE = 'elida.yaml';

/** @throws ConfigError with every problem of the layer that is wrong. */
export function standaloneSettings(flags: StandaloneFlags, environment: Environment): StandaloneSettings {
  const variables = readEnvironment(environment, standaloneEnvironment);
  const configPath = flags.config ?? variables.ELIDA_CONFIG ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const loaded = requireConfigFile(configPath, environment, FILE_CHECKS);
  const wiring = wiringOf({ ...flags, backend: flags.baseUrl }, variables, loaded.config);
  const problems = exposureProblems(wiring, loaded.config, { client: variables.ELIDA_CLIENT_KEY !== undefined });
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    wiring,
    file: withPreset(withBackend(loaded.config, wiring.backend, flags), flags.preset),
    configPath,
    warnings: loaded.warnings,
    secret: variables.ELIDA_SECRET,
    keys: { owner: variables.ELIDA_OWNER_KEY, client: variables.ELIDA_CLIENT_KEY },
  };
}

function withPreset(file: ConfigFile, preset: string | undefined): ConfigFile {
  if (preset === undefined) return file;
  const changed = { ...file, policy: { ...file.policy, enabled: true, preset } };
  const [problem] = checkFilePolicies(changed);
  if (problem) throw new ConfigError([{ line: 0, column: 0, path: '--preset', message: problem.message }]);
  return changed;
}

/** A backend named by flag or environment becomes the default one, and displaces the file's. */
function withBackend(file: ConfigFile, url: string | undefined, flags: StandaloneFlags): ConfigFile {
  if (url === undefined) return file;
  const parsed = backendSchema.safeParse({
    url,
    default: true,
    ...(flags.type && { type: flags.type }),
    ...(flags.apiKey && { api_key: flags.apiKey }),
  });
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ message }) => ({ line: 0, column: 0, path: '--base-url', message })),
    );
  }
  const others = Object.entries(file.backends).map(([name, backend]) => [name, { ...backend, default: false }]);
  return { ...file, backends: { ...Object.fromEntries(others), default: parsed.data } };
}
