/** Imports point down only. The rings are those of docs/architecture.md. */
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { none, packageOf, SOURCES, type Source } from './sources.ts';

/** What each package may import of ours. A package that is not here fails the test: say where it belongs. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'libs/contracts': [],
  'libs/session': ['contracts'],
  'libs/dialects': ['contracts'],
  'libs/scan': [],
  'libs/redaction': ['contracts'],
  'libs/policy': ['contracts', 'session', 'dialects', 'scan'],
  'libs/record': ['contracts', 'session'],
  'libs/kernel': ['contracts'],
  'libs/postgres': ['contracts', 'session', 'record', 'kernel'],
  'libs/redis': ['contracts', 'session', 'kernel'],
  'libs/nats': ['contracts', 'kernel'],
  'libs/queue': ['contracts', 'kernel'],
  'libs/telemetry': ['contracts', 'kernel', 'record'],
  'libs/http': ['contracts', 'kernel', 'telemetry'],
  'libs/client': ['contracts'],
  // Redis, NATS and the queue; never Postgres: an edge that needs it is no longer stateless.
  'services/edge-proxy': [
    'contracts',
    'session',
    'dialects',
    'redaction',
    'record',
    'policy',
    // The automaton that a policy's rules and a reply's stream share.
    'scan',
    'kernel',
    'redis',
    'nats',
    'queue',
    'telemetry',
  ],
  'services/control-plane': [
    'contracts',
    'session',
    'record',
    'redaction',
    // To explain what a policy says to a request.
    'dialects',
    'policy',
    'kernel',
    'postgres',
    'redis',
    'nats',
    'telemetry',
    'http',
  ],
  'services/audit-worker': ['contracts', 'record', 'redaction', 'kernel', 'postgres', 'queue', 'telemetry'],
  'tools/elida': ['*', 'edge-proxy/compose', 'control-plane/compose', 'audit-worker/compose'],
  'tools/repo': ['*'],
  // `reply`: the matrix judges tens of thousands of replies without an edge around each.
  test: [
    '*',
    'repo',
    'elida',
    'edge-proxy/compose',
    'edge-proxy/reply',
    'control-plane/compose',
    'audit-worker/compose',
  ],
};

/** Vendor → who may import it. One library each; the reason for every further one is here. */
const VENDORS: readonly [RegExp, readonly string[]][] = [
  [/^pg(\/|$)/, ['libs/postgres']],
  // The services write their queries with Kysely's builder over the schema of libs/postgres.
  [/^kysely(\/|$)/, ['libs/postgres', 'services/control-plane', 'services/audit-worker']],
  // BullMQ takes an ioredis connection.
  [/^ioredis(\/|$)/, ['libs/redis', 'libs/queue']],
  [/^bullmq(\/|$)/, ['libs/queue']],
  [/^@nats-io\//, ['libs/nats']],
  [/^prom-client(\/|$)/, ['libs/telemetry']],
  [/^@opentelemetry\//, ['libs/telemetry']],
  [/^fastify(\/|$)/, ['libs/http']],
  [/^@fastify\//, ['libs/http']],
  [/^undici(\/|$)/, ['services/edge-proxy']],
  [/^ws(\/|$)/, ['services/edge-proxy']],
  [/^yaml(\/|$)/, ['libs/kernel']],
  [/^diff$/, ['services/control-plane']],
  [/^@eslint-community\/regexpp$/, ['libs/scan']],
  [/^@bufbuild\//, ['libs/contracts', 'libs/record']],
  [/^commander(\/|$)/, ['tools/elida']],
  [/^testcontainers(\/|$)/, ['tools/repo']],
];

const PURE = [
  'libs/contracts',
  'libs/session',
  'libs/dialects',
  'libs/scan',
  'libs/redaction',
  'libs/record',
  'libs/policy',
];
const LIBS = Object.keys(MAY_IMPORT).filter((name) => name.startsWith('libs/'));

const ours = (specifier: string): string | null =>
  specifier.startsWith('@elida/') ? specifier.slice('@elida/'.length) : specifier === 'elida' ? 'elida' : null;

function mayImport(from: string, target: string): boolean {
  const allowed = MAY_IMPORT[from] ?? [];
  const name = target.split('/')[0] ?? '';
  if (allowed.includes(target) || allowed.includes(name)) return true;
  return allowed.includes('*') && LIBS.includes(`libs/${name}`);
}

const resolve = (source: Source, specifier: string): string => posix.join(posix.dirname(source.path), specifier);

const isWithin = (folder: string, source: Source, specifier: string): boolean =>
  !specifier.startsWith('.') || resolve(source, specifier).startsWith(folder);

describe('rings', () => {
  it('every package has its place', () => {
    const packages = new Set(SOURCES.map((source) => packageOf(source.path)));
    none(
      [...packages].filter((name) => !(name in MAY_IMPORT)),
      'packages without a place in MAY_IMPORT',
    );
  });

  it('imports between packages point down', () => {
    none(
      SOURCES.flatMap((source) =>
        source.imports.flatMap(({ specifier }) => {
          const target = ours(specifier);
          const from = packageOf(source.path);
          if (target === null || mayImport(from, target)) return [];
          // A package's own tests may reach for the real backends.
          return source.isTest && target === 'repo' ? [] : [`${source.path} imports ${specifier}`];
        }),
      ),
      'imports against the rings',
    );
  });

  it('a relative import stays in its package', () => {
    none(
      SOURCES.flatMap((source) =>
        source.imports
          .filter(({ specifier }) => specifier.startsWith('.'))
          .filter(({ specifier }) => packageOf(resolve(source, specifier)) !== packageOf(source.path))
          .map(({ specifier }) => `${source.path} imports ${specifier}`),
      ),
      'relative imports that leave their package',
    );
  });

  it('each vendor is imported where it belongs', () => {
    // A test looks from outside, through a client of its own.
    const shipped = SOURCES.filter((source) => !source.isTest);
    none(
      shipped.flatMap((source) =>
        source.imports.flatMap(({ specifier }) => {
          const vendor = VENDORS.find(([pattern]) => pattern.test(specifier));
          return !vendor || vendor[1].includes(packageOf(source.path)) ? [] : [`${source.path} imports ${specifier}`];
        }),
      ),
      'vendors outside of their library',
    );
  });

  it('who verifies the log shares no code with who writes it', () => {
    const folder = 'tools/elida/src/verify/';
    const verifier = SOURCES.filter(({ path }) => path.startsWith(folder));
    expect(verifier.length).toBeGreaterThan(5);
    none(
      verifier.flatMap((source) =>
        source.imports
          .filter(({ specifier }) => ours(specifier) !== null || !isWithin(folder, source, specifier))
          .map(({ specifier }) => `${source.path} imports ${specifier}`),
      ),
      'imports of the verifier',
    );
  });

  it('no file is part of a runtime import cycle', () => {
    const known = new Map(SOURCES.map((source) => [source.path, source]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const seen = trail.indexOf(path);
      if (seen >= 0) cycles.push([...trail.slice(seen), path].join(' → '));
      const source = known.get(path);
      if (seen >= 0 || done.has(path) || !source) return;
      for (const { specifier, typeOnly } of source.imports) {
        if (!typeOnly && specifier.startsWith('.')) visit(resolve(source, specifier), [...trail, path]);
      }
      done.add(path);
    };
    for (const path of known.keys()) visit(path, []);
    none(cycles, 'import cycles');
  });
});

describe('pure libraries', () => {
  const pure = SOURCES.filter((source) => PURE.includes(packageOf(source.path)) && !source.isTest);

  it('use no node module but hashing', () => {
    none(
      pure.flatMap((source) =>
        source.imports
          .filter(({ specifier }) => specifier.startsWith('node:') && specifier !== 'node:crypto')
          .map(({ specifier }) => `${source.path} imports ${specifier}`),
      ),
      'I/O in pure libraries',
    );
  });

  it('read no clock, draw no random number, see no process', () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\brandom(Bytes|UUID|Int)\b|\bprocess\.|\bset(Timeout|Interval|Immediate)\(|\bfetch\(/;
    none(
      pure.flatMap((source) => {
        const found = impure.exec(source.code);
        return found ? [`${source.path}: ${found[0]}`] : [];
      }),
      'clock, randomness or process in pure libraries',
    );
  });
});
