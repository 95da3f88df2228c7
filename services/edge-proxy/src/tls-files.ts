/** Certificate and key of the TLS listener: files that are read again when they change (a Secret's rotation, a renewal). */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import type { Server as TlsServer } from 'node:tls';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Polled by modification time: watchers do not see the symlink swap of a mounted Secret. */
const LOOK_EVERY_MS = 2_000;

export const readCertificate = async ({ certFile, keyFile }: TlsFiles): Promise<{ cert: Buffer; key: Buffer }> => {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return { cert, key };
};

/** A pair that does not fit together (half written) leaves the old one in place. @returns how to stop. */
export function keepCertificateFresh(
  server: HttpServer,
  files: TlsFiles,
  failed: (error: unknown) => void,
): () => void {
  const tls = server as unknown as TlsServer;
  const reload = (): void => {
    readCertificate(files)
      .then((pair) => tls.setSecureContext({ ...pair, minVersion: 'TLSv1.2' }))
      .catch(failed);
  };
  for (const file of [files.certFile, files.keyFile])
    watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, reload);
  return () => {
    for (const file of [files.certFile, files.keyFile]) unwatchFile(file, reload);
  };
}
