/** `npm run gen`: writes every generated file that is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderAll } from './gen/index.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let written = 0;
for (const [path, text] of await renderAll(ROOT)) {
  const file = join(ROOT, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${path}\n`);
  written++;
}
if (written === 0) process.stdout.write('everything is fresh\n');
