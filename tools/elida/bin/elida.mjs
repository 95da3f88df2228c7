#!/usr/bin/env node
// Runs the sources. Under a Node that cannot, or where packages are missing, tools/repo/bootstrap.mjs fetches what is needed and takes over.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const bootstrap = join(here, '../../repo/bootstrap.mjs');

if (Number(process.versions.node.split('.')[0]) < 24 && existsSync(bootstrap)) {
  // In this process, so that signals reach what it starts.
  process.env.INIT_CWD = process.cwd();
  process.argv = [process.execPath, bootstrap, 'elida', ...process.argv.slice(2)];
  await import(pathToFileURL(bootstrap).href);
} else {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  await import('../src/main.ts');
}
