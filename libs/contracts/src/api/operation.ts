/**
 * One operation of the API as data. The table in operations.ts is the truth: routes, OpenAPI, the typed client and the
 * tests are made from it.
 */
import type { z } from 'zod';
import type { FaultCode } from '../faults.ts';
import type { Permission } from './permission.ts';

/** Request headers that carry meaning of their own. */
export type OperationHeader = 'idempotency-key' | 'if-match' | 'if-none-match' | 'last-event-id';

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** OpenAPI style: `/api/v1/sessions/{id}`. */
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  /** `public`: nobody is asked who he is. `any`: every accepted credential. */
  readonly permission: Permission | 'public' | 'any';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly headers?: readonly OperationHeader[];
  readonly status: 200 | 201 | 204;
  /** Of the 2xx answer; a stream's is the schema of one message's data. */
  readonly reply: z.ZodType;
  /** text/event-stream instead of JSON. */
  readonly stream?: true;
  /** application/x-ndjson instead of JSON, as long as it comes. */
  readonly lines?: true;
  /** Errors of its own, beside those that every operation can give (`EVERYWHERE`). */
  readonly faults: readonly FaultCode[];
}

/** What any authenticated operation can answer. */
export const EVERYWHERE: readonly FaultCode[] = [
  'not_authenticated',
  'not_allowed',
  'foreign_origin',
  'invalid',
  'rate_limited',
  'internal',
];

type Part<Op, K extends 'params' | 'query' | 'body'> =
  Op extends Readonly<Record<K, infer S extends z.ZodType>> ? S : never;
type Given<Op, K extends 'params' | 'query' | 'body'> = [Part<Op, K>] extends [never]
  ? unknown
  : Record<string, never> extends z.input<Part<Op, K>>
    ? { readonly [P in K]?: z.input<Part<Op, K>> }
    : { readonly [P in K]: z.input<Part<Op, K>> };

/** What a caller writes. */
export type CallOf<Op extends Operation> = Given<Op, 'params'> & Given<Op, 'query'> & Given<Op, 'body'>;

type Parsed<Op, K extends 'params' | 'query' | 'body'> = [Part<Op, K>] extends [never]
  ? unknown
  : { readonly [P in K]: z.output<Part<Op, K>> };

/** What a handler gets: parsed, defaults filled in. */
export type InputOf<Op extends Operation> = Parsed<Op, 'params'> & Parsed<Op, 'query'> & Parsed<Op, 'body'>;
export type ReplyOf<Op extends Operation> = z.output<Op['reply']>;
