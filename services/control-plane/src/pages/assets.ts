/** Files of the pages: beside the sources, in packages, or, in an image, beside the bundle (tools/repo build copies them). */
import { readFile } from 'node:fs/promises';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

/** Where the file may lie, the likelier first. */
const placesOf = (name: string): URL[] => [
  new URL(`../../assets/${name}`, import.meta.url),
  new URL(`./assets/${name}`, import.meta.url),
  ...(name.startsWith('swagger-ui') ? packaged(`swagger-ui-dist/${name}`) : []),
];

function packaged(specifier: string): URL[] {
  try {
    return [new URL(import.meta.resolve(specifier))];
  } catch (error) {
    if (error instanceof Error && 'code' in error) return []; // a bundle has no packages
    throw error;
  }
}

/** @throws Error where it is nowhere: the image was built wrongly. */
export async function readAsset(name: string): Promise<Asset> {
  const type = TYPES[name.split('.').pop() ?? ''] ?? 'application/octet-stream';
  for (const place of placesOf(name)) {
    const body = await readFile(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (body) return { type, body };
  }
  throw new Error(`the page file ${name} is missing`);
}
