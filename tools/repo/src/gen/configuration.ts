/** docs/configuration.md from the schema of the YAML file: key, kind, default, meaning. */
import { fileSchema, LATER } from '@elida/contracts';
import { z } from 'zod';
import { type Generated, HEAD, table } from './generated.ts';

type Schema = z.core.JSONSchema.BaseSchema;
interface Row {
  readonly key: string;
  readonly schema: Schema;
  readonly required: boolean;
}

const object = (schema: boolean | Schema | undefined): Schema | null => (typeof schema === 'object' ? schema : null);

/** Only keys that a person may write; an object stands for its keys, `<name>` for any name, `[]` for each entry of a list. */
function flatten(key: string, schema: Schema, required: boolean): Row[] {
  const rows: Row[] = [];
  const children = Object.entries(schema.properties ?? {});
  if (children.length === 0 || schema.description) rows.push({ key, schema, required });
  for (const [name, child] of children) {
    const inner = object(child);
    if (inner) rows.push(...flatten(key ? `${key}.${name}` : name, inner, schema.required?.includes(name) ?? false));
  }
  const any = object(schema.additionalProperties);
  if (any?.properties) rows.push(...flatten(`${key}.<name>`, any, false));
  const items = Array.isArray(schema.items) ? null : object(schema.items);
  for (const entry of [items, ...(items?.anyOf ?? []).map(object)]) {
    if (entry?.properties) rows.push(...flatten(`${key}[]`, entry, false));
  }
  return rows;
}

const isDuration = (schema: Schema): boolean =>
  schema.anyOf?.length === 2 && object(schema.anyOf[0])?.type === 'integer' && object(schema.anyOf[1])?.type === 'string';

function kind(schema: Schema): string {
  if (isDuration(schema)) return 'duration';
  if (schema.enum) return schema.enum.map(String).join(' · ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map((entry) => kind(object(entry) ?? {})))].join(' or ');
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'map';
  return String(schema.type ?? 'any');
}

/** Durations are kept as milliseconds and written as people write them. */
function duration(ms: number): string {
  for (const [unit, size] of [['h', 3_600_000], ['m', 60_000], ['s', 1_000]] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return ms === 0 ? '0' : `${ms}ms`;
}

/** The default as the parser fills it in: also those that a transform hides from the schema. */
function defaultOf(key: string, schema: Schema, defaults: unknown): string {
  const filled = key
    .replace('<name>', 'name')
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], defaults);
  const value = filled ?? schema.default;
  if (value === undefined || schema.properties || object(schema.additionalProperties)?.properties) return '';
  if (typeof value === 'number' && isDuration(schema)) return `\`${duration(value)}\``;
  const text = JSON.stringify(value);
  return text === '[]' || text === '{}' ? '' : `\`${text.replaceAll('"', '')}\``;
}

function section(title: string, rows: readonly Row[], defaults: unknown): string {
  const later = (key: string): boolean =>
    LATER.some((path) => `${key}.`.replaceAll('<name>', '*').startsWith(`${path}.`));
  const cells = rows.map((row) => [
    `\`${row.key}\``,
    kind(row.schema),
    row.required ? '*required*' : defaultOf(row.key, row.schema, defaults),
    [row.schema.description ?? '', later(row.key) ? '*accepted, without effect yet*' : ''].filter(Boolean).join(' · '),
  ]);
  return `## ${title}\n\n${table(['key', 'kind', 'default', 'meaning'], cells)}`;
}

export const configuration: Generated = {
  path: 'docs/configuration.md',
  render() {
    const schema = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' });
    const defaults = fileSchema.parse({ backends: { name: { url: 'https://provider.example' } } });
    const parts = Object.entries(schema.properties ?? {}).map(([name, child]) => ({
      name,
      rows: flatten(name, object(child) ?? {}, false),
    }));
    const single = parts.filter(({ rows }) => rows.length === 1).flatMap(({ rows }) => rows);
    const sections = [
      section('Top level', single, defaults),
      ...parts.filter(({ rows }) => rows.length > 1).map(({ name, rows }) => section(name, rows, defaults)),
    ];
    return `${HEAD}
# The configuration file

One YAML file (\`--config FILE\` or \`ELIDA_CONFIG\`); every key is optional. \`elida validate-config FILE\` reports all mistakes at once, with line and
column. A duration is written as \`30s\`, \`5m\`, \`1h30m\`, \`250ms\`. Where a key is marked as accepted without effect yet, its feature is not in this
version, and one warning at the start names what the file has of those. The variables of each process are in [architecture](architecture.md).

${sections.join('\n')}`;
  },
};
