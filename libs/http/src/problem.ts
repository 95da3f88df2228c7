/** The one place where an error becomes an answer (RFC 9457). What is not a Fault is a bug: the caller learns no more. */
import type { Problem } from '@elida/contracts/api';
import { Fault, isFault } from '@elida/kernel';

/** fastify's own codes (docs/Reference/Errors.md) in our words. */
const DOOR_FAULTS: Readonly<Record<string, () => Fault>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Fault('body_too_large'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new Fault('bad_json'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new Fault('bad_request', 'the body must be application/json'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new Fault('bad_request', 'the body is not as long as it says'),
  FST_ERR_MAX_PARAM_LENGTH: () => new Fault('not_found'),
  FST_ERR_BAD_URL: () => new Fault('bad_request', 'the path is not decodable'),
};

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
};

export function toFault(error: unknown): Fault {
  if (isFault(error)) return error;
  const known = DOOR_FAULTS[codeOf(error)];
  if (known) return known();
  if (error instanceof SyntaxError && 'statusCode' in error) return new Fault('bad_json');
  return new Fault('internal', undefined, { cause: error });
}

export function toProblem(fault: Fault, requestId: string): Problem {
  return {
    type: `urn:elida:fault:${fault.code}`,
    title: fault.spec.title,
    status: fault.spec.status,
    detail: fault.detail,
    code: fault.code,
    request_id: requestId,
    errors: [...fault.errors],
  };
}
