/** `{type: "error", error: {type, message, details}, request_id}` (Anthropic API reference, "Errors"). */
import type { Refusal } from '../dialect.ts';
import { specOf } from '../refusal.ts';

const TYPE_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

export interface AnthropicError {
  readonly type: 'error';
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details: { readonly error_code: string };
  };
  readonly request_id: string;
}

export function anthropicError(refusal: Refusal): AnthropicError {
  const { status } = specOf(refusal);
  const type = TYPE_OF_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return {
    type: 'error',
    error: { type, message: refusal.message, details: { error_code: refusal.code } },
    request_id: refusal.requestId,
  };
}
