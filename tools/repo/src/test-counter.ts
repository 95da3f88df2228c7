/** A vitest reporter that counts tests. A file that does not load, and an error outside of any test, are failures too. */
import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export class TestCounter implements Reporter {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  /** Full names, each with its reason where there is one. */
  readonly skipped: string[] = [];

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.counts.failed += unhandled.length;
    for (const module of modules) {
      let broken = module.errors().length > 0;
      for (const suite of module.children.allSuites()) broken ||= suite.errors().length > 0;
      if (broken) this.counts.failed++;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result() as { state: string; note?: string };
        if (state === 'passed') this.counts.passed++;
        else if (state === 'failed') this.counts.failed++;
        else {
          this.counts.skipped++;
          this.skipped.push(`${module.relativeModuleId} > ${test.fullName}${note ? ` (${note})` : ''}`);
        }
      }
    }
  }
}
