/** The log over the events: its turns, its checkpoints outside, the gaps in it, and what is old enough to go. */
import type { Log } from '@elida/kernel';
import { logSigners } from '@elida/record';
import { AnchorFile } from './anchor-file.ts';
import type { RecordConfig } from './config.ts';
import { watchGaps } from './gaps.ts';
import { keepLogs } from './log-keeper.ts';
import { maintainAlways } from './maintenance.ts';
import { OwnEvents } from './own-events.ts';
import type { RecordDeps, RecordParts } from './start-record.ts';

const LOG_EVERY_MS = 1_000;
const GAP_PATIENCE_MS = 60_000;

export async function startLog(record: RecordConfig, deps: RecordDeps, parts: RecordParts): Promise<void> {
  const { db, installation, logEveryMs = LOG_EVERY_MS, gapPatienceMs = GAP_PATIENCE_MS } = deps;
  const { log, clock, signal, lifetime } = parts;
  const anchors = await openAnchors(record.checkpoints, record.checkpointsToStdout ? deps.writeLine : null, log);
  lifetime.defer('checkpoint file', () => anchors.close());
  const signerOf = logSigners({ name: installation.key('session-id'), seed: installation.key('audit-log') });
  const own = new OwnEvents(parts.db, clock);
  const loops = [
    keepLogs({ ...parts, own, anchors, signerOf, everyMs: logEveryMs }),
    watchGaps({ ...parts, own, patienceMs: gapPatienceMs }),
    maintainAlways({ ...parts, ...record, db, own: new OwnEvents(db, clock), signerOf }, signal),
  ];
  lifetime.defer('log', () => Promise.all(loops));
}

/** Without the file the log goes on, and says that nothing outside of the database holds it to account. */
async function openAnchors(
  path: string,
  writeLine: ((line: string) => Promise<void>) | null,
  log: Log,
): Promise<AnchorFile> {
  try {
    return await AnchorFile.open(path, writeLine);
  } catch (error) {
    log.error('checkpoint_file_unavailable', { path, error });
    return await AnchorFile.open('', writeLine);
  }
}
