/** Two groups: what runs side by side, then what starts whole systems or measures time, one file at a time. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const exclude = ['**/node_modules/**', '**/dist/**', '**/.elida/**'];
// A backend from the environment is one for all files: then nothing runs side by side.
const shared = Object.keys(process.env).some((name) => /^ELIDA_TEST_\w+_URL$/.test(name));

interface Group {
  readonly alone: boolean;
  readonly timeoutMs: number;
  readonly order: number;
  readonly except?: readonly string[];
}

const project = (name: string, include: string[], options: Group) => ({
  test: {
    name,
    root,
    include,
    exclude: [...exclude, ...(options.except ?? [])],
    pool: 'forks' as const,
    isolate: true,
    maxWorkers: options.alone || shared ? 1 : 2,
    testTimeout: options.timeoutMs,
    hookTimeout: Math.max(options.timeoutMs, 60_000),
    sequence: { groupOrder: options.order },
  },
});

// Folders of test/ whose files start no whole system. Every other one does.
const QUICK = ['arch', 'contract', 'conformance', 'fuzz'];
const quick = QUICK.map((folder) => `test/${folder}/**`);

const beside: Group = { alone: false, timeoutMs: 30_000, order: 0 };
const alone: Group = { alone: true, timeoutMs: 120_000, order: 1, except: quick };

// biome-ignore lint/style/noDefaultExport: vitest wants it
export default defineConfig({
  test: {
    root,
    projects: [
      project('unit', ['libs/**/*.test.ts', 'services/**/*.test.ts', 'tools/**/*.test.ts'], beside),
      project(
        'quick',
        quick.map((folder) => `${folder}/*.test.ts`),
        beside,
      ),
      project('system', ['test/**/*.test.ts'], alone),
    ],
  },
});
