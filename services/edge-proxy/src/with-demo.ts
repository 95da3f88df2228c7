/** A snapshot without any backend gets the built-in demo backend, started when it is first needed. */
import { createSnapshot, type Snapshot } from '@elida/contracts';
import type { Clock, Log } from '@elida/kernel';
import { type DemoBackend, startDemoBackend } from './demo/demo-backend.ts';

/** The pace at which a model of middling speed writes: a kill is seen to stop it. */
const PACE_MS = 20;

export interface WithDemo {
  complete(snapshot: Snapshot): Promise<Snapshot>;
  close(): Promise<void>;
}

export function withDemo(log: Log, clock: Clock): WithDemo {
  let demo: Promise<DemoBackend> | null = null;
  return {
    async complete(snapshot) {
      if (snapshot.backends.length > 0) return snapshot;
      demo ??= startDemoBackend({ paceMs: PACE_MS, clock, log });
      const { url } = await demo;
      const { backends } = createSnapshot({ backends: [{ name: 'demo', url, dialect: 'openai', default: true }] });
      return { ...snapshot, backends };
    },
    async close() {
      await (await demo)?.close();
    },
  };
}
