/** Two groups: what runs side by side, then what starts whole systems or measures time, one file at a time. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const exclude = ['**/node_modules/**', '**/dist/**', '**/.elida/**'];
// A backend from the environment is one for all files: then nothing runs side by side.
const shared = Object.keys(process.env).some((name) => /^ELIDA_TEST_\w+_URL$/.test(name));

const project = (name: string, include: string[], options: { alone: boolean; timeoutMs: number; order: number }) => ({
  test: {
    name,
    root,
    include,
    exclude,
    pool: 'forks' as const,
    isolate: true,
    maxWorkers: options.alone || shared ? 1 : 2,
    testTimeout: options.timeoutMs,
    hookTimeout: Math.max(options.timeoutMs, 60_000),
    sequence: { groupOrder: options.order },
  },
});

const beside = { alone: false, timeoutMs: 30_000, order: 0 };
const alone = { alone: true, timeoutMs: 120_000, order: 1 };

// biome-ignore lint/style/noDefaultExport: vitest wants it
export default defineConfig({
  test: {
    root,
    projects: [
      project('unit', ['libs/**/*.test.ts', 'services/**/*.test.ts', 'tools/**/*.test.ts'], beside),
      project('arch', ['test/arch/**/*.test.ts'], beside),
      project('contract', ['test/contract/**/*.test.ts'], beside),
      project('conformance', ['test/conformance/**/*.test.ts', 'test/fuzz/**/*.test.ts'], beside),
      project('system', ['test/{integration,cluster,e2e,faults,load,kube}/**/*.test.ts'], alone),
    ],
  },
});
