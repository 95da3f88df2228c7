/** The smallest value that fits a JSON Schema: for tool arguments and structured answers. */
import { type Json, record, text } from './json.ts';

const DEPTH_MAX = 8;
const COMMAND = 'echo "hello from the ELIDA demo"';

/** Names under which shells take what to run. */
const isCommand = (name: string): boolean => /^(?:command|cmd)$/.test(name);

function sampleString(schema: Json, name: string): string {
  if (isCommand(name)) return COMMAND;
  if (schema.format === 'date-time') return '2026-01-01T00:00:00Z';
  if (schema.format === 'date') return '2026-01-01';
  const least = typeof schema.minLength === 'number' ? schema.minLength : 0;
  return 'demo'.padEnd(Math.min(least, 1_000), '.');
}

function sampleObject(schema: Json, depth: number): Json {
  const properties = record(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required.map(text) : [];
  const names = Object.keys(properties).filter((name) => required.includes(name) || isCommand(name));
  return Object.fromEntries(names.map((name) => [name, sampleOf(record(properties[name]), name, depth + 1)]));
}

function sampleArray(schema: Json, name: string, depth: number): unknown[] {
  if (isCommand(name)) return ['bash', '-lc', COMMAND];
  const least = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 8) : 1;
  return Array.from({ length: least }, () => sampleOf(record(schema.items), name, depth + 1));
}

export function sampleOf(schema: Json, name = '', depth = 0): unknown {
  if (depth > DEPTH_MAX) return null;
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  for (const union of [schema.anyOf, schema.oneOf, schema.allOf]) {
    if (Array.isArray(union) && union.length > 0) return sampleOf(record(union[0]), name, depth + 1);
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || schema.properties !== undefined) return sampleObject(schema, depth);
  if (type === 'array') return sampleArray(schema, name, depth);
  if (type === 'integer' || type === 'number') return typeof schema.minimum === 'number' ? schema.minimum : 1;
  if (type === 'boolean') return true;
  return type === 'null' ? null : sampleString(schema, name);
}
