/** Every hand-written source of the repository, parsed once: what it imports, exports, how long it and its functions are. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Import {
  readonly specifier: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

export interface Source {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with blanks in the place of comments. */
  readonly code: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly exportNames: readonly string[];
  readonly functions: readonly { readonly name: string; readonly lines: number; readonly at: number }[];
  /** Lines with the type `any`. */
  readonly anyAt: readonly number[];
  readonly isTest: boolean;
}

type Parsed = ReturnType<typeof parseSync>;

function importsOf(text: string, { module }: Parsed): Import[] {
  const found: Import[] = module.staticImports.map((entry) => ({
    specifier: entry.moduleRequest.value,
    typeOnly: /^import\s+type\b/.test(text.slice(entry.start, entry.end)),
  }));
  for (const statement of module.staticExports) {
    const request = statement.entries[0]?.moduleRequest;
    if (request) found.push({ specifier: request.value, typeOnly: statement.entries.every((entry) => entry.isType) });
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^['"`]([^'"`$]+)['"`]$/.exec(text.slice(moduleRequest.start, moduleRequest.end));
    if (literal) found.push({ specifier: literal[1] as string, typeOnly: false });
  }
  return found;
}

interface Spanned {
  readonly start: number;
  readonly end: number;
}

/** Where tests are declared. What holds such a place is a list of tests, not a function that somebody must hold in mind. */
function declarations(program: Parsed['program']): number[] {
  const starts: number[] = [];
  new Visitor({
    CallExpression(node) {
      if (/"name":"(it|test|describe|describeWith)"/.test(JSON.stringify(node.callee))) starts.push(node.start);
    },
  }).visit(program);
  return starts;
}

const withoutComments = (text: string, { comments }: Parsed): string =>
  comments.reduce(
    (code, { start, end }) => code.slice(0, start) + code.slice(start, end).replaceAll(/\S/g, ' ') + code.slice(end),
    text,
  );

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

function anyOf(text: string, { program }: Parsed): number[] {
  const lines: number[] = [];
  new Visitor({ TSAnyKeyword: (node) => void lines.push(lineOf(text, node.start)) }).visit(program);
  return lines;
}

function functionsOf(text: string, { program }: Parsed): { name: string; lines: number; at: number }[] {
  const found: { name: string; lines: number; at: number }[] = [];
  const tests = declarations(program);
  const line = (offset: number): number => lineOf(text, offset);
  // A text in a template (SQL, Lua) is not code of the function.
  const texts: Spanned[] = [];
  new Visitor({ TemplateLiteral: (node) => void texts.push(node) }).visit(program);
  const note = (node: Spanned, name: string | undefined): void => {
    if (tests.some((start) => start > node.start && start < node.end)) return;
    const inside = texts.filter((span) => span.start > node.start && span.end <= node.end);
    const quoted = inside.reduce((sum, span) => sum + line(span.end) - line(span.start), 0);
    const lines = line(node.end) - line(node.start) + 1 - quoted;
    found.push({ name: name ?? 'anonymous', lines, at: line(node.start) });
  };
  new Visitor({
    FunctionDeclaration: (node) => note(node, node.id?.name),
    FunctionExpression: (node) => note(node, node.id?.name),
    ArrowFunctionExpression: (node) => note(node, undefined),
  }).visit(program);
  return found;
}

function read(path: string): Source {
  const text = readFileSync(`${ROOT}${path}`, 'utf8');
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]?.message}`);
  const names = parsed.module.staticExports.flatMap((statement) =>
    statement.entries.map((entry) =>
      entry.exportName.kind === 'Default' ? 'default' : (entry.exportName.name ?? '*'),
    ),
  );
  return {
    path,
    text,
    code: withoutComments(text, parsed),
    lines: text.split('\n').length - 1,
    imports: importsOf(text, parsed),
    exportNames: names,
    functions: functionsOf(text, parsed),
    anyAt: anyOf(text, parsed),
    isTest: path.startsWith('test/') || path.endsWith('.test.ts'),
  };
}

const SKIP = /(^|\/)(node_modules|dist|gen|fixtures|\.elida)(\/|$)/;

export const SOURCES: readonly Source[] = globSync('{libs,services,tools,test}/**/*.{ts,tsx,mjs}', { cwd: ROOT })
  .map((path) => path.replaceAll('\\', '/'))
  // tools/repo/src/gen writes generated files; it is not one itself.
  .filter((path) => !SKIP.test(path.replace('tools/repo/src/gen/', '')) && !path.endsWith('.d.ts'))
  .sort()
  .map(read);

/** `libs/redis/src/x.ts` → `libs/redis`; `test/…` → `test`. */
export const packageOf = (path: string): string =>
  path.startsWith('test/') ? 'test' : path.split('/').slice(0, 2).join('/');

/** Fails with one line per finding, so that all are seen at once. */
export function none(findings: readonly string[], rule: string): void {
  if (findings.length === 0) return;
  const error = new Error(`${rule}\n  ${findings.join('\n  ')}`);
  // The finding is the place to look at, not this line.
  Error.captureStackTrace(error, none);
  throw error;
}
