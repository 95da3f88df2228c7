/** The house style that a machine can check. CONTRIBUTING.md says the rest. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, none, packageOf, ROOT, SOURCES, type Source } from './sources.ts';

const LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const IMPORTS_MAX = 12;
const MEDIAN_MAX = 80;

/** Spec of the layout: nothing else at the top beside dot-files. */
const TOP = new Set(
  [
    'services libs deploy charts proto test tools docs',
    'nx.json package.json package-lock.json tsconfig.base.json skaffold.yaml',
    'README.md LICENSE CONTRIBUTING.md SECURITY.md node_modules',
  ].flatMap((words) => words.split(' ')),
);

/** The standard library is not another part of ours. */
const knows = ({ imports }: Source): readonly Import[] =>
  imports.filter(({ specifier }) => !specifier.startsWith('node:') && specifier !== 'vitest');

const shipped = SOURCES.filter((source) => !source.isTest);

describe('size', () => {
  it(`no file is longer than ${LINES_MAX} lines`, () => {
    none(
      SOURCES.filter((source) => source.lines > LINES_MAX).map((source) => `${source.path}: ${source.lines}`),
      'files that want to be two things',
    );
  });

  it(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
    none(
      SOURCES.flatMap((source) =>
        source.functions
          .filter((fn) => fn.lines > FUNCTION_LINES_MAX)
          .map((fn) => `${source.path}:${fn.at} ${fn.name}: ${fn.lines}`),
      ),
      'functions that want to be two',
    );
  });

  it(`no file imports more than ${IMPORTS_MAX} others`, () => {
    // The composition of a process names all its parts, and the exchange all its stages: that is what they are for.
    const table = /(^|\/)(compose|assemble(-[a-z]+)?|app|index|exchange|edge|standalone\/run)\.ts$/;
    none(
      SOURCES.filter((source) => !table.test(source.path) && knows(source).length > IMPORTS_MAX).map(
        (source) => `${source.path}: ${knows(source).length}`,
      ),
      'files that know too many others',
    );
  });

  it(`half of the files have at most ${MEDIAN_MAX} lines`, () => {
    const sorted = shipped.map((source) => source.lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(MEDIAN_MAX);
  });
});

describe('names', () => {
  it('files are kebab-case and named for what they export', () => {
    none(
      SOURCES.filter((source) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.(ts|tsx|mjs)$/.test(basename(source.path))).map(
        (source) => source.path,
      ),
      'file names that are not kebab-case',
    );
    none(
      SOURCES.filter((source) =>
        /(^|\/|-)(utils?|helpers?|common|managers?|types|misc|shared)(\.|\/)/.test(source.path),
      ).map((source) => source.path),
      'file names that name nothing',
    );
  });

  it('there are no default exports but where a framework wants one', () => {
    none(
      SOURCES.filter((source) => source.exportNames.includes('default') && !source.path.endsWith('.config.ts')).map(
        (source) => source.path,
      ),
      'default exports',
    );
  });

  it('the top level holds what the layout names and nothing else', () => {
    const ignored = new Set(readFileSync(`${ROOT}.gitignore`, 'utf8').split(/\/?\n/));
    none(
      readdirSync(ROOT).filter((name) => !name.startsWith('.') && !TOP.has(name) && !ignored.has(name)),
      'strangers at the top level',
    );
  });
});

describe('habits', () => {
  /** The pattern is split where this file would otherwise find itself. */
  const BANNED: readonly [string, RegExp][] = [
    ['an empty catch hides an error', /catch\s*(\([^)]*\))?\s*\{\s*\}/],
    ['unfinished work belongs in an issue', new RegExp(`\\b(TO${''}DO|FIX${''}ME|X${''}XX)\\b`)],
    ['the compiler is not silenced', new RegExp(`@ts-(ignore|expect-error|no${''}check)`)],
    [
      'a focused or skipped test is a test that does not run',
      /\b(it|test|describe)\.(only|todo)\b|\b(it|test)\.skip\(/,
    ],
  ];
  const self = 'test/arch/tidy.test.ts';

  it.each(BANNED)('%s', (reason, pattern) => {
    none(
      SOURCES.filter((source) => source.path !== self).flatMap((source) =>
        source.text
          .split('\n')
          .flatMap((line, at) => (pattern.test(line) ? [`${source.path}:${at + 1} ${line.trim()}`] : [])),
      ),
      reason,
    );
  });

  it('any switches the types off', () => {
    none(
      SOURCES.flatMap((source) => source.anyAt.map((line) => `${source.path}:${line}`)),
      'uses of any',
    );
  });

  it('the environment is read in config, main and tools only', () => {
    none(
      shipped
        .filter(
          (source) => !source.path.startsWith('tools/') && !/\/config\/|(^|\/)(config|main)\.ts$/.test(source.path),
        )
        .filter((source) => /\bprocess\.env\b/.test(source.text))
        .map((source) => source.path),
      'the environment is read outside of config',
    );
  });

  it('every package says in its first lines what it is for', () => {
    const packages = [...new Set(shipped.map((source) => packageOf(source.path)))].filter((name) =>
      name.startsWith('libs/'),
    );
    none(
      packages.filter((name) => {
        const index = `${ROOT}${name}/src/index.ts`;
        return !existsSync(index) || !/^\/\*\*/.test(readFileSync(index, 'utf8'));
      }),
      'packages whose src/index.ts does not begin with a doc comment',
    );
  });

  it('every service has the same five names', () => {
    const five = ['src/main.ts', 'src/config.ts', 'src/compose.ts', 'src/ports.ts', 'README.md'];
    none(
      globSync('services/*/package.json', { cwd: ROOT })
        .map((path) => path.split(/[\\/]/)[1] ?? '')
        .flatMap((service) =>
          five
            .filter((file) => !existsSync(`${ROOT}services/${service}/${file}`))
            .map((file) => `services/${service}/${file}`),
        ),
      'missing files',
    );
  });

  it('main is a table of contents', () => {
    none(
      SOURCES.filter((source) => /^services\/[^/]+\/src\/main\.ts$/.test(source.path) && source.lines > 60).map(
        (source) => `${source.path}: ${source.lines}`,
      ),
      'a main of more than 60 lines',
    );
  });
});
