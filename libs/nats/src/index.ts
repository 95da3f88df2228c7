/** NATS: rings doorbells, nothing more. Losing a message costs latency, never correctness. */
export type { Bell } from './bell.ts';
export * from './memory.ts';
export * from './nats-bell.ts';
