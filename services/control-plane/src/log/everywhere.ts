import { EVERY_TENANT } from '@elida/contracts/api';
import type { Subject } from '@elida/record';

/** What concerns no tenant alone is told in a log of its own. */
export const EVERYWHERE: Subject = { tenant: EVERY_TENANT, session: '', incarnation: 0 };
