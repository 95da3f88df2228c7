/**
 * Request and reply of one exchange as they are kept: redacted, bounded, sealed by the edge before anybody else sees them.
 * Texts are cut at a character; of JSON that is too long the beginning is kept, closed, so that it is JSON.
 */

/** When exchanges are kept: those in which a rule found something, all, none. */
export const CAPTURE_MODES = ['flagged_only', 'all', 'none'] as const;
export type CaptureMode = (typeof CAPTURE_MODES)[number];

export interface CapturedBody {
  readonly text: string;
  /** As it came, before redaction. */
  readonly bytes: number;
  readonly truncated: boolean;
  /** Why there is no text: `binary`; `unread`: it passed as it came; `unredactable`: a rule wanted it changed, and nobody could. */
  readonly omitted: '' | 'binary' | 'unread' | 'unredactable';
}

/** A text of a reply, put together again to its end. */
export interface CapturedText {
  /** text, reasoning, refusal, other: as libs/dialects tells them. */
  readonly kind: string;
  /** Of the choice, and in it. */
  readonly index: number;
  readonly part: number;
  readonly text: string;
  readonly truncated: boolean;
}

export interface CapturedCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  readonly truncated: boolean;
}

/** A message of a WebSocket. */
export interface CapturedFrame {
  readonly from: 'client' | 'provider';
  /** ms since the exchange began. */
  readonly at: number;
  readonly kind: 'text' | 'binary';
  readonly bytes: number;
  /** Empty of a binary one, of one beyond the bounds, and of those of a provider whose secrets are spread over several. */
  readonly text: string;
  readonly truncated: boolean;
}

export interface CaptureContent {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly model: string;
  /** HTTP status that the client saw; 0: none. */
  readonly status: number;
  readonly outcome: string;
  /** As the provider got it, or would have. */
  readonly request: CapturedBody;
  /** As the client got it. Of an event stream without text: that is in `texts` and `calls`. */
  readonly response: CapturedBody;
  /** What the provider said, also where a rule withheld it from the client. */
  readonly texts: readonly CapturedText[];
  readonly calls: readonly CapturedCall[];
  /** A rule ended the reply: the client did not get all that `texts` and `calls` say. */
  readonly withheld: boolean;
  readonly frames: readonly CapturedFrame[];
  /** Messages that are not in `frames`. */
  readonly framesLeftOut: number;
}
