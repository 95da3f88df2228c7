/** If-Match and If-None-Match on what people edit (RFC 9110 § 13.1). */
import { Fault } from '@elida/kernel';

/** @param current ETag of what is there; null: nothing is. @throws Fault precondition_failed. */
export function checkPrecondition(headers: { ifMatch: string; ifNoneMatch: string }, current: string | null): void {
  const { ifMatch, ifNoneMatch } = headers;
  if (ifNoneMatch === '*' && current !== null) throw new Fault('precondition_failed', 'it exists already');
  if (ifMatch === '' || (ifMatch === '*' && current !== null) || ifMatch === current) return;
  throw new Fault('precondition_failed', current === null ? 'it does not exist' : `it is at "${current}" now`);
}
