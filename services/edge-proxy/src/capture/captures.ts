/** Keeps request and reply of exchanges: those in which a rule found something, or all. Off the request's path, and never throws. */
import { createHash } from 'node:crypto';
import { type Clock, type Installation, isFault, type Log, sealText, uuidv7 } from '@elida/kernel';
import { type CaptureData, isCaptureTruncated } from '@elida/record';
import type { SessionGate } from '@elida/session';
import type { ByteBudget } from '../byte-budget.ts';
import type { Caller } from '../caller.ts';
import type { Recorder } from '../recorder.ts';
import { Remembered } from '../remembered.ts';
import type { RunningExchange } from '../running-exchange.ts';
import type { Read } from '../stages/read.ts';
import type { Settings } from '../tables/tables.ts';
import { Capture } from './capture.ts';
import { contentOf } from './content.ts';

export interface CapturesParts {
  readonly sessions: Pick<SessionGate, 'capture'>;
  readonly recorder: Recorder;
  readonly installation: Installation;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
}

const FULL_MAX = 16_384;

export class Captures {
  readonly #parts: CapturesParts;
  /** Incarnations that have all that they may: nothing more is kept of them, not even while it runs. */
  readonly #full = new Remembered<true>(FULL_MAX);
  readonly #keeping = new Set<Promise<void>>();

  constructor(parts: CapturesParts) {
    this.#parts = parts;
  }

  /** Begins to keep what passes, where it may be wanted. @param body as it came; an edited one is told later. */
  begin(settings: Settings, exchange: RunningExchange, caller: Caller, body: Read): void {
    const { captureMode, captureBytesMax, capturesPerSessionMax } = settings;
    const mayFind = exchange.policy !== null && exchange.policy.watch !== null;
    const isWanted = captureMode === 'all' || (captureMode === 'flagged_only' && mayFind);
    if (!isWanted || exchange.incarnation === 0 || this.#full.get(fullKey(exchange, capturesPerSessionMax))) return;
    const capture = new Capture({
      keepsAll: captureMode === 'all',
      bytesMax: captureBytesMax,
      perSessionMax: capturesPerSessionMax,
      budget: this.#parts.budget,
      frameReader: caller.upgrades ? exchange.dialect.readReply('application/json') : null,
    });
    const { payload, text } = body;
    if (text !== null) capture.request.add(text);
    else if (payload instanceof Buffer) capture.request.add(payload);
    else if (payload !== null) capture.requestOmitted = 'unread';
    exchange.capture = capture;
    caller.tap = capture;
  }

  /** The exchange is over. */
  finish(exchange: RunningExchange): void {
    const { capture } = exchange;
    if (capture === null) return;
    if (!capture.keepsAll && exchange.findings === 0) {
      capture.release();
      return;
    }
    const keeping = this.#keep(exchange, capture).finally(() => this.#keeping.delete(keeping));
    this.#keeping.add(keeping);
  }

  /** Resolves when what is over is recorded. */
  async flush(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  async #keep(exchange: RunningExchange, capture: Capture): Promise<void> {
    const { log, recorder } = this.#parts;
    // The exchange's own place is given back before the store has answered.
    const isPromised = recorder.enter();
    try {
      if (await this.#isGranted(exchange, capture.perSessionMax)) this.#record(exchange, capture, isPromised);
      else this.#full.set(fullKey(exchange, capture.perSessionMax), true);
    } catch (error) {
      log.error('capture_failed', { exchange: exchange.id, error });
    } finally {
      capture.release();
      if (isPromised) recorder.leave();
    }
  }

  /** A store that is gone cannot count, and a session that is over is not counted any more: then it is kept. */
  async #isGranted({ whose, incarnation }: RunningExchange, max: number): Promise<boolean> {
    try {
      return (await this.#parts.sessions.capture({ sid: whose.sid, incarnation, max })) ?? max > 0;
    } catch (error) {
      if (!isFault(error) || error.code !== 'store_unavailable') throw error;
      return max > 0;
    }
  }

  #record(exchange: RunningExchange, capture: Capture, isPromised: boolean): void {
    const { installation, recorder, clock, redact } = this.#parts;
    const { whose, incarnation, id } = exchange;
    const tenant = whose.tenant || 'default';
    const content = contentOf(exchange, capture, redact);
    const captureId = uuidv7(clock.now());
    const place = { tenant, session: whose.sid, incarnation, exchange: id, id: captureId };
    const sealed = sealText(installation, place, JSON.stringify(content));
    const data: CaptureData = {
      capture: captureId,
      exchange: id,
      reason: exchange.findings > 0 ? 'flagged' : 'all',
      request_bytes: exchange.bytesIn,
      response_bytes: exchange.bytesOut,
      truncated: isCaptureTruncated(content),
      withheld: content.withheld,
      frames: content.frames.length + content.framesLeftOut,
      kid: installation.kid,
      sealed_sha256: createHash('sha256').update(sealed).digest('hex'),
    };
    const facts = {
      tenant,
      session: whose.sid,
      incarnation,
      type: 'capture_recorded' as const,
      severity: 'info' as const,
    };
    recorder.record({ ...facts, data: { ...data }, attachment: sealed }, isPromised);
  }
}

const fullKey = ({ whose, incarnation }: RunningExchange, max: number): string => `${whose.sid} ${incarnation} ${max}`;
