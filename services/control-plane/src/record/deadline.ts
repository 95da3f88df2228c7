/** A bounded wait for what may hang. The work goes on; whoever needs its outcome later looks for it there. */

import type { FaultCode } from '@elida/contracts';
import { Fault } from '@elida/kernel';

/** @throws Fault `code` after `ms`. */
export function within<T>(ms: number, code: FaultCode, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Fault(code, `no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** @returns the outcome where it comes within `ms`, else null; then the work is waited for elsewhere. */
export function soon<T>(work: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
