/** `npm run bench [name] [-- arguments]`: runs test/bench/<name>.ts; without a name, lists them with what their first line says. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDER = join(ROOT, 'test/bench');

/** A benchmark is a file directly in the folder; what they share lies in folders below. */
function names(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .sort();
}

function about(name: string): string {
  const [, text = ''] =
    /^\/\*\*\s*\*?\s*(.*?)\s*(\*\/|$)/m.exec(readFileSync(join(FOLDER, `${name}.ts`), 'utf8')) ?? [];
  return text;
}

const [wanted, ...args] = process.argv.slice(2);
if (wanted !== undefined && names().includes(wanted)) {
  const child = spawn(process.execPath, [join(FOLDER, `${wanted}.ts`), ...args], { cwd: ROOT, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  if (wanted !== undefined) process.stderr.write(`there is no benchmark "${wanted}"\n`);
  for (const name of names()) process.stdout.write(`${name.padEnd(16)} ${about(name)}\n`);
  process.exit(wanted === undefined ? 0 : 1);
}
