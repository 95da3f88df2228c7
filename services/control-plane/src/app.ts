/** The HTTP face: the door, one route per operation, the seeds' face, the pages. fastify ends here. */
import { type CaptureSettings, LIMITS } from '@elida/contracts';
import { OPERATION_NAMES } from '@elida/contracts/api';
import type { DoorOptions } from '@elida/http';
import { createDoor, type Door, type Handlers, operationRoute } from '@elida/http';
import type { Clock, Log } from '@elida/kernel';
import { authorize } from './authorize.ts';
import { compatRoutes } from './compat/routes.ts';
import { pageRoutes } from './pages/routes.ts';
import type { Parts } from './parts.ts';

/** Of one caller: bursts of a script pass, a runaway loop does not. */
const RATE = { perSecond: 200, burst: 1_000 };
/** Refused credentials of one address. */
const REFUSALS = { perSecond: 0.2, burst: 20 };

export interface AppOptions {
  readonly handlers: Handlers;
  readonly parts: Parts;
  readonly authenticate: DoorOptions['authenticate'];
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  readonly capture: CaptureSettings;
  readonly onAnswer: (status: number, elapsedMs: number) => void;
  /** Tests: an answer that does not fit its schema is an error. */
  readonly checkReplies?: boolean;
}

export async function createApp(options: AppOptions): Promise<Door> {
  const { handlers, parts, log, clock, version, capture } = options;
  const door = createDoor({
    log,
    clock,
    bodyBytesMax: LIMITS.controlBodyBytesMax.value,
    authenticate: options.authenticate,
    authorize,
    rate: RATE,
    refusals: REFUSALS,
    onAnswer: (_access, status, elapsedMs) => options.onAnswer(status, elapsedMs),
  });
  door.mount(OPERATION_NAMES.map((name) => operationRoute(name, handlers, options.checkReplies)));
  door.mount(compatRoutes(parts, { version, capture }));
  door.mount(await pageRoutes(version));
  return door;
}
