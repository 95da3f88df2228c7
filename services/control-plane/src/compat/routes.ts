/** The seeds' face, `/control/*`: their endpoints and fields over our parts. */
import type { CaptureSettings } from '@elida/contracts';
import type { Route } from '@elida/http';
import { z } from 'zod';
import type { Parts } from '../parts.ts';
import { eventRoutes } from './event-routes.ts';
import { flaggedRoutes } from './flagged-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { policyRoute } from './policy-route.ts';
import { recordRoutes } from './record-routes.ts';
import { compatRoute } from './route.ts';

export interface CompatOptions {
  readonly version: string;
  readonly capture: CaptureSettings;
}

export function compatRoutes(parts: Parts, { version, capture }: CompatOptions): Route[] {
  const health = compatRoute({
    url: '/health',
    // Probes have no key.
    access: 'public',
    query: z.looseObject({}),
    async answer() {
      const { status, checks } = await parts.health.look();
      const ok = Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check.ok]));
      return {
        status: status === 'down' ? 'down' : 'ok',
        timestamp: new Date(parts.clock.now()).toISOString(),
        version,
        capture_mode: capture.mode,
        checks: ok,
      };
    },
  });
  return [
    health,
    ...liveRoutes(parts),
    ...flaggedRoutes(parts),
    ...recordRoutes(parts),
    ...historyRoutes(parts),
    ...eventRoutes(parts),
    policyRoute(parts, capture),
  ];
}
