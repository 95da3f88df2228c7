/**
 * What is kept of one exchange while it runs, whether it is wanted or not: a finding may come with the reply's last word.
 * Hangs on its exchange, so that request and reply are of the same one. Bounded, and against the edge's budget.
 */
import type { CapturedFrame } from '@elida/contracts';
import type { ReplyItem, ReplyReader } from '@elida/dialects';
import type { ByteBudget } from '../byte-budget.ts';
import { KeptBytes } from './kept-bytes.ts';
import { KeptTexts } from './kept-texts.ts';

/** What is looked at for secrets beyond the cut, so that none is cut in half and not known any more. */
const MARGIN_BYTES = 4_096;
/** Of a WebSocket; audio comes in thousands. */
const FRAMES_MAX = 500;

export interface KeptFrame extends Omit<CapturedFrame, 'text' | 'truncated'> {
  /** Null: none of it is kept. */
  readonly kept: KeptBytes | null;
}

export interface CaptureInit {
  readonly keepsAll: boolean;
  readonly bytesMax: number;
  /** Of the session. */
  readonly perSessionMax: number;
  readonly budget: ByteBudget;
  /** Of the provider's messages on a WebSocket; null: no socket, or nobody can read them. */
  readonly frameReader: ReplyReader | null;
}

export class Capture {
  /** Else only where a rule finds something. */
  readonly keepsAll: boolean;
  readonly bytesMax: number;
  readonly perSessionMax: number;
  readonly request: KeptBytes;
  readonly response: KeptBytes;
  readonly texts: KeptTexts;
  readonly frames: KeptFrame[] = [];
  framesLeftOut = 0;
  /** The request passed as it came, or nobody could change it as a rule wants it. */
  requestOmitted: 'unread' | 'unredactable' | '' = '';
  /** The reply is a stream of events: a secret may be spread over several of them. */
  streams = false;
  readonly #budget: ByteBudget;
  readonly #frameReader: ReplyReader | null;
  readonly #frameBytes = { client: 0, provider: 0 };

  constructor({ keepsAll, bytesMax, perSessionMax, budget, frameReader }: CaptureInit) {
    this.keepsAll = keepsAll;
    this.bytesMax = bytesMax;
    this.perSessionMax = perSessionMax;
    this.#budget = budget;
    this.#frameReader = frameReader;
    this.request = new KeptBytes(bytesMax + MARGIN_BYTES, budget);
    this.response = new KeptBytes(bytesMax + MARGIN_BYTES, budget);
    this.texts = new KeptTexts(bytesMax + MARGIN_BYTES, budget);
  }

  isStream(): void {
    this.streams = true;
  }

  /** The client is sent this. */
  sent(bytes: Uint8Array): void {
    this.response.add(bytes);
  }

  /** The provider said this. */
  heard(item: ReplyItem): void {
    this.texts.add(item);
  }

  /** What goes out instead of what came; null: nobody can tell. */
  requestEdited(bytes: Uint8Array | null): void {
    if (bytes !== null) this.request.replace(bytes);
    else {
      this.request.release();
      this.requestOmitted = 'unredactable';
    }
  }

  /** A message of a WebSocket. @param at ms since the exchange began. */
  frame(from: CapturedFrame['from'], bytes: Uint8Array, isBinary: boolean, at: number): void {
    if (from === 'provider' && !isBinary) this.#read(bytes);
    if (this.frames.length >= FRAMES_MAX) {
      this.framesLeftOut++;
      return;
    }
    const room = this.bytesMax + MARGIN_BYTES - this.#frameBytes[from];
    const kept = isBinary || room <= 0 ? null : new KeptBytes(room, this.#budget);
    kept?.add(bytes);
    this.#frameBytes[from] += kept?.kept ?? 0;
    this.frames.push({ from, at: Math.round(at), kind: isBinary ? 'binary' : 'text', bytes: bytes.length, kept });
  }

  /** What was taken of the budget goes back; nothing of it is kept. */
  release(): void {
    for (const kept of [this.request, this.response, this.texts, ...this.frames.map((frame) => frame.kept)])
      kept?.release();
  }

  #read(bytes: Uint8Array): void {
    for (const { items } of this.#frameReader?.read(bytes) ?? []) for (const item of items) this.heard(item);
  }
}
