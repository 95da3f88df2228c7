import type { Caller } from '@elida/http';
import { permissionsOf } from '../authorize.ts';
import { type CaptureParts, capturedContentOf } from '../insight/captures.ts';
import type { Life } from '../insight/violations.ts';

/** Each is decrypted. All of them are under /api/v1. */
const CAPTURES_MAX = 100;

/** What is kept of a session's exchanges, for who may read it; none for others. */
export const capturedInfo = async (
  parts: CaptureParts,
  { session, incarnation }: Life,
  caller: Caller,
): Promise<Record<string, unknown>[]> =>
  permissionsOf(caller).has('captures:read')
    ? capturedContentOf(parts, { session, incarnation }, CAPTURES_MAX, caller)
    : [];
