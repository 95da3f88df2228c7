import type { Handler } from '@elida/http';
import { type CaptureParts, openCapture } from '../../insight/captures.ts';

export const getCapture =
  (parts: CaptureParts): Handler<'getCapture'> =>
  async ({ params }, { caller }) => ({ body: await openCapture(parts, params.id, caller) });
