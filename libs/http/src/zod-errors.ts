/** zod's issues as the field errors of a Fault. */
import { Fault } from '@elida/kernel';
import type { z } from 'zod';

/** @param place `body`, `query`, `path`. @throws Fault invalid, naming every field that does not fit. */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, place: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({
    path: [place, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  const first = errors[0];
  throw new Fault('invalid', first ? `${first.path}: ${first.message}` : undefined, { errors });
}
