/** `{error: {message, type, param, code}}` (OpenAI API reference, "Errors"). */

import type { Refusal } from '../dialect.ts';
import { specOf } from '../refusal.ts';

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  429: 'rate_limit_error',
};

/** opencode repeats a `server_error`, and nothing else: decisions are never worded as one. */
function errorType(refusal: Refusal): string {
  const { status } = specOf(refusal);
  return TYPE_OF_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
}

export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: null;
  readonly code: string;
}

export const openAiError = (refusal: Refusal): OpenAiError => ({
  message: refusal.message,
  type: errorType(refusal),
  param: null,
  code: refusal.code,
});
