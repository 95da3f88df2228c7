/**
 * Production bundles: one file per service with everything inside, so that an image holds no node_modules.
 *
 *     node tools/repo/src/build.ts [--out DIR] [SERVICE…]     → dist/<service>/main.js
 *
 * ESM, not minified: a stack trace of production names the functions of the sources. Licence comments of what is
 * bundled go to main.js.LEGAL.txt beside it.
 */
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

export const SERVICES = ['edge-proxy', 'control-plane', 'audit-worker'] as const;
export type Service = (typeof SERVICES)[number];

/** Native accelerators that their owners load in a `try`: absent from the bundle, they fall back to JavaScript. */
const OPTIONAL_NATIVE = ['pg-native', 'msgpackr-extract', 'bufferutil', 'utf-8-validate'];

/** CommonJS packages inside an ESM bundle still ask for `require` of node's own modules. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** Files that a service serves out of a package: copied beside the bundle, where services/control-plane/src/pages/assets.ts looks. */
const PACKAGED: Readonly<Record<Service, readonly string[]>> = {
  'edge-proxy': [],
  'control-plane': ['swagger-ui-dist/swagger-ui.css', 'swagger-ui-dist/swagger-ui-bundle.js'],
  'audit-worker': [],
};

async function copyAssets(service: Service, folder: string): Promise<void> {
  const own = join(ROOT, 'services', service, 'assets');
  const assets = join(folder, 'assets');
  if (existsSync(own)) await cp(own, assets, { recursive: true });
  const packages = createRequire(join(ROOT, 'services', service, 'package.json'));
  for (const file of PACKAGED[service]) {
    await mkdir(assets, { recursive: true });
    await copyFile(packages.resolve(file), join(assets, basename(file)));
  }
}

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  /** Sources it was made from, relative to the repository. */
  readonly inputs: readonly string[];
}

/** @param out folder; absolute, or relative to the repository. */
export async function bundle(service: Service, out = 'dist'): Promise<Bundle> {
  const file = resolve(ROOT, out, service, 'main.js');
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [`services/${service}/src/main.ts`],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: OPTIONAL_NATIVE,
    banner: { js: REQUIRE },
    keepNames: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
  });
  // Says that main.js is ESM, wherever the folder is put.
  await writeFile(join(dirname(file), 'package.json'), '{"type":"module"}\n');
  await copyAssets(service, dirname(file));
  const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { file, bytes, inputs: Object.keys(result.metafile.inputs) };
}

const isService = (name: string): name is Service => SERVICES.some((service) => service === name);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
  const unknown = positionals.filter((name) => !isService(name));
  if (unknown.length > 0) throw new Error(`no such service: ${unknown.join(', ')} (there are ${SERVICES.join(', ')})`);
  const wanted = positionals.length > 0 ? positionals.filter(isService) : SERVICES;
  for (const service of wanted) {
    const { file, bytes } = await bundle(service, values.out);
    process.stdout.write(`${file} ${Math.ceil(bytes / 1024)} KB\n`);
  }
}

if (import.meta.main) await main();
