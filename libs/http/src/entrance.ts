/** Who may come in: authentication, the limits on refusals and on requests, authorization; in that order. */
import { Fault } from '@elida/kernel';
import { type Caller, type Knock, NOBODY, presentedKey } from './caller.ts';
import type { DoorOptions } from './door.ts';
import { toFault } from './problem.ts';
import { RateLimiter } from './rate-limiter.ts';

const limited = (seconds: number): void => {
  if (seconds > 0) throw new Fault('rate_limited', undefined, { retryAfterS: seconds });
};

export function createEntrance(options: DoorOptions): (knock: Knock, access: string) => Promise<Caller> {
  const callers = new RateLimiter(options.rate);
  const refusals = new RateLimiter(options.refusals);
  const now = (): number => options.clock.monotonic();
  return async (knock, access) => {
    if (access === 'public') return NOBODY;
    let caller: Caller;
    try {
      caller = await options.authenticate(knock);
    } catch (error) {
      // Only wrong keys count against an address: a good one always passes, whoever shares the address.
      const isGuess = presentedKey(knock) !== '' && toFault(error).code === 'not_authenticated';
      if (isGuess) limited(refusals.take(knock.address, now()));
      throw error;
    }
    limited(callers.take(`${caller.tenant}/${caller.principal}`, now()));
    options.authorize(caller, access);
    return caller;
  };
}
