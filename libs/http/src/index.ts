/** Doors for HTTP APIs: fastify inside, plain functions outside. Never decides what a request means. */
export * from './caller.ts';
export * from './door.ts';
export * from './operation-route.ts';
export * from './origin-guard.ts';
export * from './problem.ts';
export * from './rate-limiter.ts';
export * from './route.ts';
export * from './zod-errors.ts';
