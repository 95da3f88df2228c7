/**
 * How far the numbers of each producer are stored, told to whoever holds what is not. A hint that may be gone at any time:
 * the database is the truth, and the worker says it again.
 */

/** Of `{elida-q}`: one hash slot with the queue. */
export const throughKey = (producer: string): string => `{elida-q}:through:${producer}`;

/** Longer than a producer is away for an update; the database knows those that return later. */
export const THROUGH_TTL_SECONDS = 3_600;

/** Producer → the last number up to which all are stored. */
export type Watermarks = ReadonlyMap<string, number>;
