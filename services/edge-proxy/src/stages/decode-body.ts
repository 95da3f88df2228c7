/** A compressed body, opened for inspection. It is forwarded as it came. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { Fault } from '@elida/kernel';

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Content codings (RFC 9110 §8.4.1; RFC 7932, RFC 8878), each by itself. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify<Buffer, object, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, object, Buffer>(gunzip),
  deflate: promisify<Buffer, object, Buffer>(inflate),
  br: promisify<Buffer, object, Buffer>(brotliDecompress),
  zstd: promisify<Buffer, object, Buffer>(zstdDecompress),
};

/** @throws Fault bad_request: an unknown coding, several, or bytes that are not in it; body_too_large: it unfolds beyond `bytesMax`. */
export async function decodeBody(body: Buffer, coding: string, bytesMax: number): Promise<Buffer> {
  const name = coding.trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decode === undefined) {
    throw new Fault(
      'bad_request',
      'The body must be readable here: send it without content-encoding, or in gzip, br or zstd',
    );
  }
  try {
    return await decode(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Fault('body_too_large', `The body unfolds to more than ${bytesMax} bytes`);
    }
    throw new Fault('bad_request', `The body is not ${name}`, { cause: error });
  }
}
