/** How long an order stands. Pure; all times are Unix ms, the hour is UTC's. */
import type { BlockMode } from '@elida/contracts';
import type { OrderRequest } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';

export interface Window {
  readonly mode: BlockMode;
  /** 0: for good. */
  readonly untilAt: number;
}

export interface WindowDefaults {
  /** `session.kill_block`: of a kill that does not say. */
  readonly killMode: BlockMode;
  readonly killMs: number;
  /** `session.hold.max`: no hold is longer. */
  readonly holdMs: number;
}

type Asked = Pick<OrderRequest, 'mode' | 'duration' | 'until'>;
const HOUR_MS = 3_600_000;

const modeOf = ({ mode, duration, until }: Asked): BlockMode | undefined =>
  mode ?? (duration === undefined ? (until === undefined ? undefined : 'until') : 'duration');

const wrong = (path: string, message: string): Fault =>
  new Fault('invalid', `body.${path}: ${message}`, { errors: [{ path: `body.${path}`, message }] });

/** @throws Fault invalid where mode, duration and until do not fit together. */
export function windowFor(asked: Asked, otherwise: { mode: BlockMode; ms: number }, now: number): Window {
  const mode = modeOf(asked) ?? otherwise.mode;
  if (asked.duration !== undefined && mode !== 'duration') throw wrong('duration', `does not go with mode ${mode}`);
  if (asked.until !== undefined && mode !== 'until') throw wrong('until', `does not go with mode ${mode}`);
  switch (mode) {
    case 'permanent':
      return { mode, untilAt: 0 };
    case 'until_hour_change':
      return { mode, untilAt: (Math.floor(now / HOUR_MS) + 1) * HOUR_MS };
    case 'duration': {
      const ms = asked.duration ?? otherwise.ms;
      if (ms <= 0) throw wrong('duration', 'must be longer than nothing');
      return { mode, untilAt: now + Math.round(ms) };
    }
    case 'until': {
      if (asked.until === undefined) throw wrong('until', 'is needed with mode until');
      const untilAt = Date.parse(asked.until);
      if (untilAt <= now) throw wrong('until', 'lies in the past');
      return { mode, untilAt };
    }
  }
}

/** @throws Fault invalid. */
export function windowOf(request: OrderRequest, defaults: WindowDefaults, now: number): Window {
  switch (request.kind) {
    case 'kill':
      return windowFor(request, { mode: defaults.killMode, ms: defaults.killMs }, now);
    case 'block':
      return windowFor(request, { mode: 'permanent', ms: defaults.killMs }, now);
    case 'hold': {
      const asked = windowFor(request, { mode: 'duration', ms: defaults.holdMs }, now);
      const longest = now + defaults.holdMs;
      const isLonger = asked.untilAt === 0 || asked.untilAt > longest;
      // A hold keeps sockets open: it is bounded, whatever was asked for.
      return isLonger ? { mode: 'duration', untilAt: longest } : asked;
    }
    case 'resume':
    case 'terminate':
    case 'end':
      if (modeOf(request) !== undefined) throw wrong('mode', `has no meaning for ${request.kind}`);
      return { mode: 'permanent', untilAt: 0 };
  }
}
