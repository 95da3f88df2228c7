import { describe, expect, it } from 'vitest';
import { FAULTS } from '../faults.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { OPERATION_NAMES, OPERATIONS } from './operations.ts';

const document = openApiDocument('1.2.3') as {
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
  components: { schemas: Record<string, unknown> };
};

describe('the OpenAPI document', () => {
  it('has each operation once', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.sort()).toEqual([...OPERATION_NAMES].sort());
  });

  it('refers only to what it defines', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const name of refs) expect(document.components.schemas, name).toHaveProperty(String(name));
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('names every parameter of a path', () => {
    for (const [path, methods] of Object.entries(document.paths))
      for (const { parameters } of Object.values(methods)) {
        const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
        expect(inPath.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());
      }
  });

  it('lists only faults of the table, none twice', () => {
    for (const name of OPERATION_NAMES) {
      const { faults }: Operation = OPERATIONS[name];
      expect(new Set(faults).size).toBe(faults.length);
      for (const code of faults) expect(FAULTS).toHaveProperty(code);
    }
  });
});
