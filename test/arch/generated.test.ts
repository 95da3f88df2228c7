/** What is generated is committed, and fresh. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderAll } from '@elida/repo/gen';
import { expect, it } from 'vitest';
import { none, ROOT } from './sources.ts';

it('generated files equal what the code makes of them (npm run gen)', async () => {
  const files = await renderAll(ROOT);
  expect(files.size).toBeGreaterThan(5);
  none(
    [...files]
      .filter(([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), 'utf8') !== text)
      .map(([path]) => path),
    'stale: run npm run gen',
  );
});
