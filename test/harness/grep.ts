/** All that a run left behind, as text that can be searched: bytes that are written as hex or base64, or compressed in that, are read as well. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';

/** Layers of encoding within each other: a job of Redis has a batch in base64, in which lie records with disclosures in base64. */
const LAYERS = 3;

export function unfolded(text: string, layers = LAYERS): string {
  if (layers === 0) return text;
  const inner = [
    ...(text.match(/\\x(?:[0-9a-f]{2}){8,}/g) ?? []).map((hex) => Buffer.from(hex.replace(/^\\x/, ''), 'hex')),
    ...(text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []).map((base64) => Buffer.from(base64, 'base64')),
  ].map((bytes) => opened(bytes).toString('latin1'));
  return [text, ...inner.map((part) => unfolded(part, layers - 1))].join('\n');
}

/** RFC 8878, 3.1.1. */
const ZSTANDARD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A job of the audit queue is compressed. */
const opened = (bytes: Buffer): Buffer => (bytes.subarray(0, 4).equals(ZSTANDARD) ? zstdDecompressSync(bytes) : bytes);

/** Every row of every table. */
export async function everyRow(db: Kysely<Database>): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`.execute(db);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(db);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n');
}

export const everyFile = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');

export interface Monitor {
  /** All commands since the beginning, with their arguments. */
  text(): string;
  close(): void;
}

/** @param url redis://host:port */
export function monitorRedis(url: string): Promise<Monitor> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write('MONITOR\r\n'));
    socket.once('error', reject);
    socket.once('data', () =>
      resolve({ text: () => Buffer.concat(chunks).toString('latin1'), close: () => socket.destroy() }),
    );
    socket.on('data', (bytes: Buffer) => chunks.push(bytes));
  });
}
