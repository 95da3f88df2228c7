/**
 * Checkpoints outside of the database: a file that is only appended to, and standard output where a platform keeps that.
 * What the file knows of a log the database must know too; otherwise it is not the database that we signed.
 */
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { anchorLine } from '@elida/record';

export interface Anchored {
  readonly size: number;
  readonly root: Uint8Array;
}

export class AnchorFile {
  readonly #file: FileHandle | null;
  readonly #writeLine: ((line: string) => Promise<void>) | null;
  /** Origin → its last checkpoint. */
  readonly #heads: Map<string, Anchored>;

  private constructor(
    file: FileHandle | null,
    writeLine: ((line: string) => Promise<void>) | null,
    heads: Map<string, Anchored>,
  ) {
    this.#file = file;
    this.#writeLine = writeLine;
    this.#heads = heads;
  }

  /**
   * @param path empty: no file, only what this process has seen.
   * @param writeLine null: not to standard output.
   * @throws Error where the file cannot be opened.
   */
  static async open(path: string, writeLine: ((line: string) => Promise<void>) | null): Promise<AnchorFile> {
    if (path === '') return new AnchorFile(null, writeLine, new Map());
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a', 0o600);
    const text = await readFile(path, 'utf8');
    // The line that a crash cut short is ended, so that the next one can be read.
    if (text !== '' && !text.endsWith('\n')) await file.appendFile('\n');
    return new AnchorFile(file, writeLine, headsOf(text));
  }

  /** In a file that outlives the process. */
  get isKept(): boolean {
    return this.#file !== null;
  }

  last(origin: string): Anchored | null {
    return this.#heads.get(origin) ?? null;
  }

  /** Durable when it resolves. Checkpoints of one log come in the order of their size. */
  async append(
    origin: string,
    key: string,
    checkpoints: readonly (Anchored & { readonly note: string })[],
  ): Promise<void> {
    const lines = checkpoints.map(({ note }) => anchorLine(key, note)).join('');
    if (this.#file) {
      await this.#file.appendFile(lines);
      await this.#file.datasync();
    }
    await this.#writeLine?.(lines);
    const last = checkpoints.at(-1);
    if (last) this.#heads.set(origin, { size: last.size, root: last.root });
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function headsOf(text: string): Map<string, Anchored> {
  const heads = new Map<string, Anchored>();
  for (const line of text.split('\n')) {
    const [origin = '', size = '', root = ''] = noteOf(line).split('\n');
    if (origin === '' || !/^\d{1,15}$/.test(size)) continue;
    if (Number(size) >= (heads.get(origin)?.size ?? 0))
      heads.set(origin, { size: Number(size), root: Buffer.from(root, 'base64') });
  }
  return heads;
}

/** Empty for a line that was cut short. */
function noteOf(line: string): string {
  try {
    const { note } = JSON.parse(line) as { note?: unknown };
    return typeof note === 'string' ? note : '';
  } catch {
    return '';
  }
}
