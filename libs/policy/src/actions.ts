/** What a rule, the ladder, a breaker or a budget may do, and where. One union, one table. */

/** Weakest first: of several the strongest decides. */
export const ACTIONS = [
  'observe',
  'flag',
  'warn',
  'redact',
  'sanitize',
  'route',
  'throttle',
  'hold',
  'block',
  'kill',
  'terminate',
] as const;
export type Action = (typeof ACTIONS)[number];

/** `session`: what is decided before a new exchange, from the session's counters or score. */
export const ACTION_PLACES = ['request', 'reply', 'tool_call', 'session'] as const;
export type ActionPlace = (typeof ACTION_PLACES)[number];

const EVERYWHERE = ACTION_PLACES;

/** Arguments are judged whole and never edited: a call with half of its arguments is another call. */
export const MAY_ACT: Readonly<Record<Action, readonly ActionPlace[]>> = {
  observe: EVERYWHERE,
  flag: EVERYWHERE,
  warn: ['session'],
  redact: ['request', 'reply'],
  sanitize: ['reply'],
  route: ['request'],
  throttle: ['session'],
  hold: ['request', 'tool_call', 'session'],
  block: EVERYWHERE,
  kill: EVERYWHERE,
  terminate: EVERYWHERE,
};

/** Known words that no rule can use yet: the ladder throttles, people hold. */
export const NOT_YET_OF_RULES: readonly Action[] = ['route', 'throttle', 'hold'];

export const mayAct = (action: Action, place: ActionPlace): boolean => MAY_ACT[action].includes(place);

const strength = (action: Action): number => ACTIONS.indexOf(action);

/** @returns whether `a` wins over `b`. */
export const isStronger = (a: Action, b: Action): boolean => strength(a) > strength(b);

/** Actions that let everything pass as it came. */
export const isHarmless = (action: Action): boolean => strength(action) <= strength('warn');
