/** The threat model and the failure table are promises: each row names the test that keeps it. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const DOCS = ['docs/threat-model.md', 'docs/failure-table.md'];

/** Rows of every table in a Markdown text, without head and rule. */
function rows(markdown: string): string[] {
  return markdown
    .split('\n')
    .filter(
      (line, index, lines) => line.startsWith('|') && !line.startsWith('|---') && !lines[index + 1]?.startsWith('|---'),
    );
}

describe.each(DOCS)('%s', (doc) => {
  it('names an existing test in every row', async () => {
    const table = rows(await readFile(new URL(doc, ROOT), 'utf8'));
    expect(table.length).toBeGreaterThan(5);
    for (const row of table) {
      const named = [...row.matchAll(/`([^`]+\.(?:test|contract)\.ts) › ([^`]+)`/g)];
      expect(named.length, row).toBeGreaterThan(0);
      for (const [, path = '', title = ''] of named) {
        const source = await readFile(new URL(path, ROOT), 'utf8');
        expect(source, `${path} holds no test "${title}"`).toContain(title);
      }
    }
  });
});
