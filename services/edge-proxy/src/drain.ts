/** SIGTERM: what runs finishes within the grace; what does not is ended natively, with a record. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '@elida/kernel';
import type { ExchangeRegistry } from './exchange-registry.ts';
import type { DataServer } from './server.ts';

const LOOK_EVERY_MS = 25;
/** For the native ends to leave. */
const LAST_WORDS_MS = 2_000;

export interface DrainOptions {
  readonly server: DataServer;
  readonly registry: ExchangeRegistry;
  readonly graceMs: number;
  readonly fault: Fault;
}

export async function drain({ server, registry, graceMs, fault }: DrainOptions): Promise<void> {
  server.stopAccepting();
  await empty(registry, graceMs);
  registry.cutAll(fault);
  await empty(registry, LAST_WORDS_MS);
}

async function empty(registry: ExchangeRegistry, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  while (registry.size > 0 && performance.now() < until) await sleep(LOOK_EVERY_MS);
}
