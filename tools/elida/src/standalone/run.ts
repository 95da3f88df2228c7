/** `elida standalone`: check everything, start everything, say so, wait for the signal, stop everything. */
import { createLog } from '@elida/kernel';
import { createRedactor } from '@elida/redaction';
import { openDataFolder } from '../data-folder/folder.ts';
import { installationSecret } from '../data-folder/installation-secret.ts';
import { lockFolder } from '../data-folder/lock.ts';
import { removeRunning, writeRunning } from '../data-folder/running.ts';
import { EXIT } from '../exit-code.ts';
import type { Shell } from '../shell.ts';
import { createScreen } from '../terminal/screen.ts';
import { announce } from './announce.ts';
import { checkListeners } from './preflight.ts';
import { type StandaloneFlags, standaloneSettings } from './settings.ts';
import { startStandalone } from './standalone.ts';
import { catchStopSignals } from './stop-signal.ts';

/** Resolves when everything has stopped. @throws ConfigError, CommandError where it cannot start. */
export async function runStandalone(shell: Shell, flags: StandaloneFlags, version: string): Promise<void> {
  const settings = standaloneSettings(flags, shell.environment);
  const screen = createScreen(flags.json === true, shell.streams);
  await checkListeners(settings.wiring);
  const folder = openDataFolder(settings.wiring.dataDir);
  const lock = lockFolder(folder);
  // From here on something runs that wants to be stopped in order; what arrives while it starts is kept for then.
  const stop = catchStopSignals(() => process.exit(EXIT.failed));
  try {
    const { redaction } = settings.file.storage;
    const redactor = createRedactor({ patterns: redaction.patterns, redactPrivateIps: false });
    const log = createLog({ level: settings.wiring.logLevel, redact: (line) => redactor.redact(line) });
    for (const warning of settings.warnings) log.warn('config', { warning });
    const instance = await startStandalone({
      settings,
      folder,
      secret: installationSecret(folder, settings.secret),
      version,
      log,
    });
    try {
      const { proxy, control, metrics, ownerKey, demo, policies } = instance;
      const ready = { version, proxy, control, metrics, pid: process.pid };
      writeRunning(folder, { ...ready, key: ownerKey });
      announce(screen, {
        ...ready,
        dataDir: folder,
        configPath: settings.configPath,
        demo,
        policies,
        command: commandOf(flags, folder),
      });
      log.info('stopping', { signal: await stop.received });
    } finally {
      removeRunning(folder);
      await instance.close();
    }
  } finally {
    lock.release();
    stop.release();
  }
}

/** The command line finds the instance by its data folder: say it where it is not the usual one. */
function commandOf({ dataDir }: StandaloneFlags, folder: string): string {
  return dataDir === undefined ? 'npx elida' : `ELIDA_DATA_DIR='${folder.replaceAll("'", "'\\''")}' npx elida`;
}
