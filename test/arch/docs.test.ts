/** Documents that can be wrong are read by a test. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FAULTS } from '@elida/contracts';
import { describe, expect, it } from 'vitest';
import { none, ROOT, SOURCES } from './sources.ts';

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', '{libs,services,tools,test,deploy,charts,proto}/**/*.md'], {
  cwd: ROOT,
})
  .filter((path) => !/(^|\/)(node_modules|fixtures)\//.test(path))
  .sort();

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

const withoutCode = (markdown: string): string => markdown.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');

function brokenLinks(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = '', fragment] = link.split('#');
    const target = file === '' ? join(ROOT, path) : join(ROOT, dirname(path), file);
    if (!existsSync(target)) return [`${path}: ${link}`];
    if (!fragment) return [];
    const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      anchor(heading),
    );
    return headings.includes(fragment) ? [] : [`${path}: ${link} (no such heading)`];
  });
}

describe('documents', () => {
  it('every link leads somewhere', () => {
    expect(DOCUMENTS.length).toBeGreaterThan(5);
    none(DOCUMENTS.flatMap(brokenLinks), 'broken links');
  });

  it('every fault code appears in a test that is not this one', () => {
    const tests = SOURCES.filter((source) => source.isTest && !source.path.startsWith('test/arch/'))
      .map((source) => source.text)
      .join('\n');
    none(
      Object.keys(FAULTS).filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(tests)),
      'fault codes without a test',
    );
  });
});

describe('glossary', () => {
  const table = (readFileSync(join(ROOT, 'libs/README.md'), 'utf8').split('## Glossary')[1] ?? '')
    .split('\n')
    .filter((line) => /^\| (?!word|-)/.test(line) && !line.startsWith('|---'))
    .map((line) => line.split('|').map((part) => part.trim()))
    .map(([, word = '', , instead = '']) => ({ word, instead: instead.split(', ') }));
  const ours = SOURCES.filter((source) => !source.isTest && /^(libs|services)\//.test(source.path));

  it('every word of it is used', () => {
    expect(table.length).toBeGreaterThan(10);
    const code = ours.map((source) => source.text).join('\n');
    none(
      table.map(({ word }) => word).filter((word) => !new RegExp(word, 'i').test(code)),
      'words that the code does not use',
    );
  });

  it('no exported name uses another word for the same thing', () => {
    const squeeze = (text: string): string => text.replaceAll(/[\s_-]/g, '').toLowerCase();
    none(
      table.flatMap(({ instead }) =>
        instead.flatMap((other) =>
          ours.flatMap((source) =>
            source.exportNames
              .filter((name) => squeeze(name).includes(squeeze(other)))
              .map((name) => `${source.path}: ${name} (${other})`),
          ),
        ),
      ),
      'names that the glossary does not want',
    );
  });
});
