/**
 * Verifies an export offline. Written from docs/audit-log.md: nothing here is shared with what writes the log, so that a
 * mistake there is not made twice.
 */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { manifest, parseAnchor, parseLine } from './export-line.ts';
import type { Finding, LogReport, VerifyReport } from './finding.ts';
import { LogCheck, type LogTrust } from './log-check.ts';
import { type Head, type NoteKey, openNote, parseCheckpoint, parseKey } from './signed-note.ts';

export interface VerifyOptions {
  /** A file of JSON lines, or a folder with a manifest. */
  readonly path: string;
  /** The file that is kept outside of the database. */
  readonly checkpoints: string | undefined;
  /** Public keys that are trusted, whatever the files say. */
  readonly keys: readonly NoteKey[];
}

interface Anchors {
  readonly heads: ReadonlyMap<string, readonly Head[]>;
  readonly keys: readonly NoteKey[];
  readonly findings: readonly Finding[];
}

const linesOf = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });

async function readAnchors(path: string | undefined, trusted: readonly NoteKey[]): Promise<Anchors> {
  const heads = new Map<string, Head[]>();
  const keys = new Map<string, NoteKey>();
  const findings: Finding[] = [];
  let number = 0;
  for await (const text of path === undefined ? [] : linesOf(path)) {
    number++;
    const anchor = parseAnchor(text);
    const key = anchor && parseKey(anchor.key);
    // The first key of a log is pinned: a later line cannot bring another.
    if (key && !keys.has(key.name)) keys.set(key.name, key);
    const pinned = trusted.length > 0 ? trusted : [...keys.values()];
    const opened = anchor && openNote(anchor.note, pinned);
    const head = opened ? parseCheckpoint(opened) : null;
    if (head) heads.set(head.origin, [...(heads.get(head.origin) ?? []), head]);
    else {
      const detail = `line ${number} of the checkpoint file is not signed by the key of its log`;
      findings.push({ name: 'checkpoint_forged', log: path ?? '', from: 0, to: 0, detail });
    }
  }
  return { heads, keys: [...keys.values()], findings };
}

function trustOf(origin: string, ownKey: string, options: VerifyOptions, anchors: Anchors): LogTrust {
  const heads = anchors.heads.get(origin) ?? [];
  if (options.keys.length > 0) return { keys: options.keys, keyFrom: 'option', anchors: heads };
  const pinned = anchors.keys.filter(({ name }) => name === origin);
  if (pinned.length > 0) return { keys: pinned, keyFrom: 'checkpoint file', anchors: heads };
  const own = parseKey(ownKey);
  return { keys: own ? [own] : [], keyFrom: 'export', anchors: heads };
}

interface Checked {
  readonly report: LogReport | null;
  readonly findings: readonly Finding[];
}

async function checkLog(path: string, options: VerifyOptions, anchors: Anchors): Promise<Checked> {
  let check: LogCheck | null = null;
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    const line = parseLine(text);
    if (check === null) {
      if (line?.kind !== 'log') break;
      check = new LogCheck(line, trustOf(line.origin, line.key, options, anchors));
    } else if (line === null || line.kind === 'log') check.malformed(`line ${number} cannot be read`);
    else if (line.kind === 'leaf') check.leaf(line);
    else if (line.kind === 'range') check.range(line);
    else if (line.kind === 'checkpoint') check.checkpoint(line);
    else check.retention(line);
  }
  if (check !== null) return check.finish();
  const detail = 'the first line is not that of a log';
  return { report: null, findings: [{ name: 'malformed', log: path, from: 0, to: 0, detail }] };
}

interface LogFile {
  readonly path: string;
  /** Null: whatever the file says. */
  readonly origin: string | null;
}

function filesOf(path: string): { files: LogFile[]; isWhole: boolean } | { problem: string } {
  if (!statSync(path).isDirectory()) return { files: [{ path, origin: null }], isWhole: false };
  const list = join(path, 'manifest.json');
  if (!existsSync(list)) return { problem: 'the folder has no manifest.json' };
  const parsed = manifest.safeParse(JSON.parse(readFileSync(list, 'utf8')));
  if (!parsed.success) return { problem: 'manifest.json cannot be read' };
  const folder = dirname(list);
  const files = parsed.data.logs.map(({ origin, file }) => ({ path: join(folder, file), origin }));
  return { files, isWhole: true };
}

/** @throws Error where a file cannot be opened. */
export async function verifyExport(options: VerifyOptions): Promise<VerifyReport> {
  const anchors = await readAnchors(options.checkpoints, options.keys);
  const found = filesOf(options.path);
  if ('problem' in found) {
    const finding: Finding = { name: 'malformed', log: options.path, from: 0, to: 0, detail: found.problem };
    return { valid: false, logs: [], findings: [finding] };
  }
  const findings: Finding[] = [...anchors.findings];
  const logs: LogReport[] = [];
  const gone = (log: string, detail: string): void => {
    const to = Math.max(0, ...(anchors.heads.get(log) ?? []).map(({ size }) => size));
    findings.push({ name: 'stream_deleted', log, from: 0, to, detail });
  };
  for (const { path, origin } of found.files) {
    if (origin !== null && !existsSync(path)) {
      gone(origin, 'the manifest names it, its file is missing');
      continue;
    }
    const checked = await checkLog(path, options, anchors);
    findings.push(...checked.findings);
    if (checked.report) logs.push(checked.report);
    if (origin !== null && checked.report && checked.report.origin !== origin)
      gone(origin, 'its file is of another log');
  }
  const named = new Set([...found.files.map(({ origin }) => origin), ...logs.map(({ origin }) => origin)]);
  for (const origin of found.isWhole ? anchors.heads.keys() : []) {
    if (!named.has(origin)) gone(origin, 'the checkpoint file knows it, the export does not');
  }
  return { valid: findings.length === 0, logs, findings };
}
