/**
 * Which control plane a command talks to: --url and --key, else ELIDA_CONTROL_URL and ELIDA_CONTROL_KEY, else the
 * standalone instance of the data folder, else http://127.0.0.1:9090. The key of a data folder is only ever sent to
 * the instance that wrote it.
 */
import { type Client, createClient } from '@elida/client';
import type { Environment } from '@elida/kernel';
import { readRunning } from './data-folder/running.ts';
import { CommandError, EXIT } from './exit-code.ts';

export interface ConnectionFlags {
  readonly url?: string;
  readonly key?: string;
  readonly dataDir?: string;
}

export interface Connection {
  readonly url: string;
  readonly key: string | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:9090';

export function connectionOf(flags: ConnectionFlags, environment: Environment): Connection {
  const named = flags.url ?? (environment.ELIDA_CONTROL_URL || undefined);
  const key = flags.key ?? (environment.ELIDA_CONTROL_KEY || undefined);
  if (named !== undefined) {
    if (!/^https?:$/.test(URL.parse(named)?.protocol ?? '')) {
      throw new CommandError(`${named} is no http or https URL`, EXIT.usage);
    }
    return { url: named, key };
  }
  const running = readRunning(flags.dataDir ?? (environment.ELIDA_DATA_DIR || '.elida'));
  return running ? { url: running.control, key: key ?? (running.key || undefined) } : { url: DEFAULT_URL, key };
}

export function connect(flags: ConnectionFlags, environment: Environment): Client {
  const { url, key } = connectionOf(flags, environment);
  return createClient({ url, ...(key === undefined ? {} : { key }) });
}
