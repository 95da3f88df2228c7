/** What goes into a session store, with defaults: tests say only what they are about. */
import {
  type Block,
  noTokens,
  type Order,
  type OrderKind,
  type SessionRecord,
  type TokenCounts,
} from '@elida/contracts';
import { blank, type EnterRequest, type FlagRequest, type Settlement, type Watch } from '@elida/session';

export const MINUTE = 60_000;
export const IDLE_MS = 30 * MINUTE;
export const LIFE_MS = 100 * MINUTE;

export const request = (over: Partial<EnterRequest> = {}): EnterRequest => ({
  sid: 'ses_a',
  tenant: 'default',
  principal: 'key:1',
  agent: '',
  workflow: '',
  parent: '',
  tags: {},
  hintKind: 'x-session-id',
  displayName: 'client-0a1b2c3d-demo',
  policy: 'default',
  backend: 'demo',
  clientAddr: '192.0.2.7',
  edge: 'edge-1',
  idleMs: IDLE_MS,
  lifeMs: LIFE_MS,
  ...over,
});

export const settlement = (over: Partial<Settlement> = {}): Settlement => ({
  sid: 'ses_a',
  incarnation: 1,
  backend: 'demo',
  requests: 1,
  bytesIn: 100,
  bytesOut: 1_000,
  ...over,
});

let orders = 0;
export const order = (kind: OrderKind, over: Partial<Order> = {}): Order => ({
  id: `ord_${++orders}`,
  epoch: 0,
  kind,
  tenant: 'default',
  selector: { scope: 'session', id: 'ses_a', members: [] },
  mode: over.untilAt ? 'until' : 'permanent',
  untilAt: 0,
  actor: 'ann@example.com',
  reason: 'runs away',
  at: 1,
  ...over,
});

export const block = (over: Partial<Block> = {}): Block => ({
  id: 'ord_block',
  effect: 'refuse',
  tenant: 'default',
  selector: { scope: 'principal', id: 'key:1', members: [] },
  mode: 'permanent',
  untilAt: 0,
  actor: 'ann@example.com',
  reason: 'abuse',
  at: 1,
  ...over,
});

export const record = (over: Partial<SessionRecord> = {}): SessionRecord => ({ ...blank('ses_a', 'default'), ...over });

export const HALF_LIFE = 5 * MINUTE;
export const watch = (over: Partial<Watch> = {}): Watch => ({
  halfLifeMs: HALF_LIFE,
  throttle: [],
  counters: false,
  rates: [],
  ...over,
});
export const flag = (points: readonly number[], over: Partial<FlagRequest> = {}): FlagRequest => ({
  sid: 'ses_a',
  incarnation: 1,
  tenant: 'default',
  principal: 'key:1',
  findings: points.map((some, i) => ({ key: `f${i}`, points: some })),
  halfLifeMs: HALF_LIFE,
  ...over,
});
export const tokens = (over: Partial<TokenCounts>): TokenCounts => ({ ...noTokens(), ...over });
