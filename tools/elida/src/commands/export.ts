import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client } from '@elida/client';
import type { LogView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { addSinceFlags, type SinceFlags, sinceOf } from '../since.ts';

interface ExportFlags extends RemoteFlags, SinceFlags {
  readonly tenant?: string;
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
}

type Query = Parameters<Client['exportLog']>[0];

export const exportCommand = (shell: Shell): Command =>
  addSinceFlags(
    remoteCommand('export', 'The audit log with its proofs, for `elida verify`')
      .addOption(new Option('--tenant <name>', 'one log; `*`: that of what concerns no tenant alone'))
      .addOption(
        new Option('--out <path>', 'a file; where there are several logs a folder. Default: one log, on stdout'),
      )
      .addOption(new Option('--from <index>', 'by index of the leaf instead of by time').conflicts(['since', 'until']))
      .addOption(new Option('--to <index>', 'excluded').conflicts(['since', 'until'])),
  ).action(async (flags: ExportFlags) => {
    const { client, screen } = remote(shell, flags);
    const { tenant, from, to, out } = flags;
    const range: Query = { ...sinceOf(flags, Date.now()), ...(from && { from }), ...(to && { to }) };
    const { logs } = await client.call('listLogs', { query: tenant ? { tenant } : {} });
    const [only] = logs;
    if (only === undefined) throw new CommandError('there is no log yet', EXIT.notFound);
    const isOne = logs.length === 1;
    if (!isOne && out === undefined)
      throw new CommandError(
        `there are ${logs.length} logs: --tenant names one (${logs.map((log) => log.tenant).join(', ')}), --out a folder for all`,
        EXIT.usage,
      );
    if (out === undefined) {
      await pipeline(
        client.exportLog({ ...range, tenant: only.tenant }, shell.signal),
        shell.streams.out as NodeJS.WritableStream,
        { end: false },
      );
      return;
    }
    if (isOne) await writeLog(client, { ...range, tenant: only.tenant }, out);
    else await writeFolder(client, range, logs, out);
    const named = logs.map((log) => `${log.tenant} (${log.size} leaves when it began)`).join(', ');
    screen.result(
      { path: out, logs: logs.map(({ tenant: name, origin, key }) => ({ tenant: name, origin, key })) },
      () => `${out}: ${named}`,
    );
  });

async function writeLog(client: Client, query: Query, path: string): Promise<void> {
  await pipeline(client.exportLog(query), createWriteStream(path, { mode: 0o600 }));
}

/** The manifest last: a folder without one is not whole. */
async function writeFolder(client: Client, range: Query, logs: readonly LogView[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = logs.map(({ tenant, origin }, at) => ({
    tenant,
    origin,
    file: `${at + 1}-${tenant.replaceAll(/[^\w.-]/g, '_')}.jsonl`,
  }));
  for (const { tenant, file } of files) await writeLog(client, { ...range, tenant }, join(folder, file));
  const manifest = { format: 1, logs: files.map(({ origin, file }) => ({ origin, file })) };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest)}\n`, { mode: 0o600 });
}
