/** Paths of the data port that are the edge's own and never reach a provider. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isClientProbe } from '@elida/session';
import type { Readiness } from '@elida/telemetry';

export interface ReservedOptions {
  readonly ready: () => Readiness;
  /** Whether a backend goes by this name: then the path is its own. */
  readonly isBackend: (name: string) => boolean;
}

const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';

/** @returns true where the request has been answered. */
export function answerReserved(
  { ready, isBackend }: ReservedOptions,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const target = request.url ?? '';
  // Claude Code's knock: no key, no session; neither is a mistake.
  if (isClientProbe(request.method ?? '', target)) {
    response.writeHead(200).end();
    return true;
  }
  switch (pathOf(target)) {
    case '/health':
      if (isBackend('health')) return false;
      answer(response, 200, { status: 'ok' });
      return true;
    case '/healthz':
      answer(response, 200, { status: 'ok' });
      return true;
    case '/readyz': {
      const state = ready();
      answer(response, state.ready ? 200 : 503, state);
      return true;
    }
    default:
      return false;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
