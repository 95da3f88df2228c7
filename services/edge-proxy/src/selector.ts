/** Whom an order or a block concerns: a standing predicate over exchanges, new sessions of a tree or principal included. */
import type { Selector } from '@elida/contracts';
import type { Identity } from './stages/identify.ts';

export type Selectable = Pick<Identity, 'tenant' | 'principal' | 'agent' | 'backend' | 'sid' | 'parent' | 'root'>;

/** @param tenant empty: every tenant. */
export function selects(tenant: string, { scope, id, members }: Selector, of: Selectable): boolean {
  if (tenant !== '' && tenant !== of.tenant) return false;
  switch (scope) {
    case 'session':
      return of.sid === id;
    case 'tree':
      return [of.sid, of.parent, of.root].some((sid) => sid !== '' && (sid === id || members.includes(sid)));
    case 'principal':
      return of.principal === id;
    case 'agent':
      return of.agent !== '' && of.agent === id;
    case 'tenant':
      return of.tenant === id;
    case 'backend':
      return of.backend === id;
    case 'all':
      return true;
  }
}
