/**
 * A sliding window in bounded state: what came in the fixed window that runs, and in the one before. The count over the
 * last `windowMs` takes of the one before as much as the sliding window still covers of it, as if it had come evenly.
 * With `before` in it and a share f of the running window gone, the count errs by at most `before`·(1−f) upwards and
 * `before`·f downwards; it is exact where the window before was empty or evenly filled.
 */
export interface Window {
  /** Number of the fixed window since 1970. */
  readonly index: number;
  readonly current: number;
  readonly before: number;
}

/** Windows that one session keeps: beyond, all begin anew (a policy whose windows change all the time). */
export const WINDOWS_MAX = 64;

/** The future counts whole: clocks of stores may step back. */
function movedTo(window: Window | undefined, windowMs: number, now: number): Window {
  const index = Math.floor(now / windowMs);
  if (!window || index > window.index + 1) return { index, current: 0, before: 0 };
  return index === window.index + 1 ? { index, current: 0, before: window.current } : window;
}

export function addToWindow(window: Window | undefined, windowMs: number, now: number, amount: number): Window {
  const moved = movedTo(window, windowMs, now);
  return { ...moved, current: moved.current + amount };
}

/** What came in the `windowMs` before `now`. */
export function countInWindow(window: Window | undefined, windowMs: number, now: number): number {
  const { index, current, before } = movedTo(window, windowMs, now);
  const gone = Math.min(1, Math.max(0, (now - index * windowMs) / windowMs));
  return current + before * (1 - gone);
}
