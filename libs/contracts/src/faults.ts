/**
 * Every error the system gives to a caller: code → status, who is to blame, whether asking again can help, title.
 * One table; docs/errors.md is generated from it and a test names each code. Processes throw `Fault(code)`
 * (libs/kernel) and turn it into a reply in one place.
 */
export interface FaultSpec {
  readonly status: number;
  /** `caller`: the request was wrong; `policy`: a decision; `dependency`: something we need is gone; `elida`: a bug. */
  readonly blame: 'caller' | 'policy' | 'dependency' | 'provider' | 'elida';
  readonly retry: boolean;
  readonly title: string;
}

const fault = (status: number, blame: FaultSpec['blame'], retry: boolean, title: string): FaultSpec => ({
  status,
  blame,
  retry,
  title,
});

export const FAULTS = {
  // The edge's door
  bad_request: fault(400, 'caller', false, 'The request is malformed'),
  bad_json: fault(400, 'caller', false, 'The body is not valid JSON'),
  request_timeout: fault(408, 'caller', true, 'The request did not arrive in time'),
  body_too_large: fault(413, 'caller', false, 'The body is larger than the limit'),
  headers_too_large: fault(431, 'caller', false, 'The headers are larger than the limit'),
  upgrade_required: fault(426, 'caller', false, 'This route does not speak WebSocket'),
  not_authenticated: fault(401, 'caller', false, 'No accepted credential'),
  not_allowed: fault(403, 'caller', false, 'The credential does not allow this'),
  no_backend: fault(404, 'caller', false, 'No backend serves this request'),
  model_blocked: fault(403, 'policy', false, 'The model is not allowed'),
  not_found: fault(404, 'caller', false, 'There is nothing here'),
  // Sessions
  session_killed: fault(403, 'policy', false, 'The session was killed'),
  session_terminated: fault(403, 'policy', false, 'The session was terminated'),
  session_ended: fault(403, 'policy', false, 'The session ended'),
  session_held: fault(503, 'policy', true, 'The session is held'),
  blocked: fault(403, 'policy', false, 'The caller is blocked'),
  // Policy
  policy_blocked: fault(403, 'policy', false, 'A rule of the policy stopped this'),
  risk_blocked: fault(403, 'policy', false, 'The session is blocked until its risk score has fallen'),
  throttled: fault(429, 'policy', true, 'The session is throttled'),
  // Dependencies
  store_unavailable: fault(503, 'dependency', true, 'The session store is unavailable'),
  audit_unavailable: fault(503, 'dependency', true, 'The audit queue is full'),
  database_unavailable: fault(503, 'dependency', true, 'The database is unavailable'),
  not_ready: fault(503, 'dependency', true, 'The process is not ready'),
  draining: fault(503, 'dependency', true, 'The process is shutting down'),
  overloaded: fault(503, 'dependency', true, 'Too many concurrent exchanges'),
  // The provider
  upstream_connect_failed: fault(502, 'provider', true, 'The provider could not be reached'),
  upstream_failed: fault(502, 'provider', true, 'The provider broke off'),
  reply_too_large: fault(502, 'provider', false, 'The reply is longer than what can be inspected'),
  upstream_connect_timeout: fault(504, 'provider', true, 'The provider did not accept a connection in time'),
  upstream_headers_timeout: fault(504, 'provider', true, 'The provider did not answer in time'),
  upstream_idle_timeout: fault(504, 'provider', true, 'The provider stopped sending'),
  upstream_total_timeout: fault(504, 'provider', true, 'The exchange took longer than allowed'),
  // The control plane
  capture_unreadable: fault(
    500,
    'dependency',
    false,
    'What was kept cannot be opened: it was changed, or sealed under another secret',
  ),
  invalid: fault(422, 'caller', false, 'The request does not fit the schema'),
  conflict: fault(409, 'caller', false, 'The resource is in another state'),
  ambiguous: fault(409, 'caller', false, 'The name fits more than one'),
  managed_elsewhere: fault(409, 'caller', false, 'The resource has another owner'),
  precondition_failed: fault(412, 'caller', false, 'The resource has changed'),
  foreign_origin: fault(403, 'caller', false, 'The request comes from a foreign origin'),
  rate_limited: fault(429, 'caller', true, 'Too many requests'),
  internal: fault(500, 'elida', false, 'Something went wrong here'),
} as const satisfies Record<string, FaultSpec>;

export type FaultCode = keyof typeof FAULTS;
