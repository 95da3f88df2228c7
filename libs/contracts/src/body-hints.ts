/**
 * What the body of a model request says about the conversation it belongs to. Read by libs/dialects, judged by
 * libs/session; empty strings where the body is silent. Nothing here is verified: the caller wrote it.
 */
export interface BodyHints {
  /** Responses: `conversation` (an id, or `{id}`). */
  readonly conversation: string;
  /** Id of the reply this request goes on from: Responses `previous_response_id`, Anthropic `thread.previous_message_id`. */
  readonly previousReply: string;
  /** OpenAI `prompt_cache_key`. Codex sends its session id here. */
  readonly cacheKey: string;
  /** OpenAI `user`. */
  readonly user: string;
  /** Anthropic `metadata.user_id`: JSON or a legacy suffix form in Claude Code. */
  readonly metadataUserId: string;
  /** Codex `client_metadata`: string values only; in each WebSocket frame too. */
  readonly clientMetadata: Readonly<Record<string, string>>;
  /** The beginning of the system prompt (at most 4,096 characters), for the agent's fingerprint. */
  readonly system: string;
}

export const NO_BODY_HINTS: BodyHints = Object.freeze({
  conversation: '',
  previousReply: '',
  cacheKey: '',
  user: '',
  metadataUserId: '',
  clientMetadata: Object.freeze({}),
  system: '',
});
