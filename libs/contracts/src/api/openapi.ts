/** OpenAPI 3.1 from the table of operations. Pure: docs/openapi.json is its output, a test keeps them equal. */
import { z } from 'zod';
import { FAULTS, type FaultCode } from '../faults.ts';
import { problem } from './health-view.ts';
import { EVERYWHERE, type Operation, type OperationHeader } from './operation.ts';
import { OPERATIONS } from './operations.ts';

type Json = Record<string, unknown>;

const HEADERS: Readonly<Record<OperationHeader, string>> = {
  'idempotency-key': 'The same key within a day gives the same order, once',
  'if-match': 'Only where the ETag still is this one',
  'if-none-match': '`*`: only where it does not exist yet; an ETag: 304 where it is unchanged',
  'last-event-id': 'Go on after this message',
};

/** Schemas with an `id` become components and are referred to. */
class Components {
  readonly schemas: Json = {};

  schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    const json = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Json;
    const { $schema, $defs, id, ...rest } = json;
    for (const [name, definition] of Object.entries((($defs as Json) ?? {}) as Json))
      this.#keep(name, definition as Json);
    if (typeof id !== 'string') return relink(rest);
    this.#keep(id, rest);
    return { $ref: `#/components/schemas/${id}` };
  }

  #keep(name: string, definition: Json): void {
    const { id, ...rest } = definition;
    this.schemas[name] = relink(rest);
  }
}

/** zod refers to `#/$defs/X`; OpenAPI keeps them in components. */
const relink = (json: Json): Json =>
  JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;

function parameters(operation: Operation, components: Components): Json[] {
  const of = (place: 'path' | 'query', shape: z.ZodObject | undefined): Json[] =>
    Object.entries(shape?.shape ?? {}).map(([name, field]) => {
      const schema = components.schemaOf(field as z.ZodType, 'output');
      const { description, ...rest } = schema;
      return {
        name,
        in: place,
        required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
        ...(description ? { description } : {}),
        schema: rest,
      };
    });
  const headers = (operation.headers ?? []).map((name) => ({
    name,
    in: 'header',
    required: false,
    description: HEADERS[name],
    schema: { type: 'string' },
  }));
  return [...of('path', operation.params), ...of('query', operation.query), ...headers];
}

function responses(operation: Operation, components: Components): Json {
  const type = operation.stream ? 'text/event-stream' : operation.lines ? 'application/x-ndjson' : 'application/json';
  const reply = components.schemaOf(operation.reply, 'output');
  const byStatus = new Map<number, FaultCode[]>();
  const codes = operation.permission === 'public' ? operation.faults : [...EVERYWHERE, ...operation.faults];
  for (const code of codes) {
    const { status } = FAULTS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const failures = [...byStatus].sort(([a], [b]) => a - b);
  return {
    [operation.status]: {
      description: operation.summary,
      ...(operation.status === 204 ? {} : { content: { [type]: { schema: reply } } }),
    },
    ...Object.fromEntries(
      failures.map(([status, list]) => [
        String(status),
        {
          description: list.map((code) => `\`${code}\`: ${FAULTS[code].title}`).join('. '),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
    ),
  };
}

export function openApiDocument(version: string): Json {
  const components = new Components();
  components.schemaOf(problem, 'output');
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS)) {
    const path = paths[operation.path] ?? {};
    paths[operation.path] = path;
    path[operation.method.toLowerCase()] = {
      operationId: name,
      tags: [operation.tag],
      summary: operation.summary,
      'x-permission': operation.permission,
      ...(operation.permission === 'public' ? { security: [] } : {}),
      parameters: parameters(operation, components),
      ...(operation.body
        ? {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: components.schemaOf(operation.body, 'input') } },
            },
          }
        : {}),
      responses: responses(operation, components),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ELIDA control plane',
      version,
      description: 'Sessions of AI agents: see them, stop them, say where they may go.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'x-elida-api-key' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'elida_<id>_<secret>' },
      },
    },
  };
}
