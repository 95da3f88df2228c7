/** libs/contracts/src/gen from proto/, by buf. Written into a folder of its own first, so that a test can compare. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PROTO_TARGET = 'libs/contracts/src/gen';

/** @returns path below the target → text. @throws with buf's own words where a .proto is wrong. */
export function renderProto(root: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'elida-proto-'));
  try {
    const template = {
      version: 'v2',
      plugins: [
        {
          local: join(root, 'node_modules/.bin/protoc-gen-es'),
          out: folder,
          opt: ['target=js+dts', 'import_extension=js'],
        },
      ],
    };
    const buf = join(root, 'node_modules/.bin/buf');
    const run = spawnSync(buf, ['generate', '--template', JSON.stringify(template)], {
      cwd: join(root, 'proto'),
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`buf generate: ${run.stderr || run.error?.message}`);
    const files = globSync('**/*.{js,ts}', { cwd: folder }).sort();
    return new Map(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(join(folder, file), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
