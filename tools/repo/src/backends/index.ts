/** Real Redis, NATS and PostgreSQL for tests, benchmarks and `npm run cluster`. */
export { type Backend, type BackendName, type BackendOptions, BackendUnavailable, freePort } from './backend.ts';
export { startNats } from './nats.ts';
export { startPostgres } from './postgres.ts';
export { startRedis } from './redis.ts';
