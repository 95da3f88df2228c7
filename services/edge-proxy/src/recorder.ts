/**
 * Events at the time they happen: numbered, redacted, encoded once, handed to the outbox. Where the record is strict an exchange
 * holds a place from its entry to its end, so that what was let in is recorded whole; where it is not, a full outbox loses
 * events, counts them, and says which numbers they had.
 */
import { type AuditEvent, LIMITS } from '@elida/contracts';
import { type Clock, type Log, newSalt, uuidv7 } from '@elida/kernel';
import { encodeRecord, type GapData, withAttachment } from '@elida/record';
import { Remembered } from './remembered.ts';
import type { Outbox } from './spool/outbox.ts';

const FLUSH_MS = 200;
/** Live events are for eyes: more a second than this, nobody sees. */
const LIVE_PER_FLUSH_MAX = 40;

export interface EventFacts
  extends Pick<AuditEvent, 'tenant' | 'type' | 'session' | 'incarnation' | 'data'>,
    Partial<Pick<AuditEvent, 'severity'>> {
  /** What others wrote (paths, names, reasons): redacted before it is kept. `data` is our own. */
  readonly said?: Readonly<Record<string, string>>;
  /** Travels with the event and is kept beside it: sealed by whoever gives it. */
  readonly attachment?: Uint8Array;
}

type Unnumbered = Omit<AuditEvent, 'eventId' | 'producer' | 'seq' | 'occurredAt'> & Pick<EventFacts, 'attachment'>;

/** Short texts in which redaction found nothing. */
const HARMLESS_MAX = 2_000;
const HARMLESS_CHARS_MAX = 200;

interface Fresh {
  readonly event: AuditEvent;
  readonly attachment: Uint8Array | undefined;
}

const NOTHING = {};
const NOBODY = { tenant: 'default', session: '', incarnation: 0 };

export interface RecorderOptions {
  /** False: nothing is recorded, as the configuration says. */
  readonly enabled: boolean;
  /** Events that may wait in memory. */
  readonly queueMax: number;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly live: (event: AuditEvent) => void;
  readonly lost: () => void;
  /** `audit: strict` of the settings in force. */
  readonly strict: () => boolean;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #harmless = new Remembered<true>(HARMLESS_MAX);
  #seq: number;
  /** Of this turn of the event loop: encoded and written as one. A process that is killed loses them and what is being written. */
  #fresh: Fresh[] = [];
  #liveLeft = LIVE_PER_FLUSH_MAX;
  /** Exchanges that hold a place. */
  #places = 0;
  /** Numbers that were lost and are not declared yet. */
  #lost: { readonly from: number; to: number } | null = null;
  /** From the first loss until the outbox is half empty: told once. */
  #losing = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#seq = options.outbox.firstSeq - 1;
    this.#timer = setInterval(() => {
      this.#liveLeft = LIVE_PER_FLUSH_MAX;
      void this.flush();
    }, FLUSH_MS);
    this.#timer.unref();
  }

  /** Events in memory that nothing else holds yet. */
  get depth(): number {
    return this.#options.outbox.held + this.#fresh.length;
  }

  /** A place for all that an exchange will record; one that was let in gives it back. @returns false: there is none. */
  enter(): boolean {
    const { enabled, outbox } = this.#options;
    if (enabled && outbox.room - this.#fresh.length <= this.#places) return false;
    this.#places++;
    return true;
  }

  leave(): void {
    this.#places--;
  }

  /** @param promised of an exchange that holds a place, or of nobody's exchange: where the record is strict it is not lost. */
  record({ said = NOTHING, data, ...facts }: EventFacts, promised = true): void {
    if (!this.#options.enabled) return;
    const kept: Record<string, unknown> = { ...data };
    for (const name in said) kept[name] = this.#redacted(said[name] as string);
    const event = this.#numbered({ severity: '', ...facts, data: kept }, promised);
    if (this.#liveLeft > 0) {
      this.#liveLeft--;
      this.#options.live(event);
    }
  }

  /** Never rejects. */
  flush(): Promise<void> {
    const { outbox, queueMax, log } = this.#options;
    this.#encode();
    if (this.#losing && outbox.held <= queueMax / 2) {
      this.#losing = false;
      this.#declare();
      log.info('audit_recovered', { events: outbox.held });
    }
    for (const { producer, from, to } of outbox.takeLost()) {
      this.#gap({ producer, from_seq: from, to_seq: to, reason: 'spool_lost' });
    }
    return outbox.flush();
  }

  /** Sends what is left, once. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#declare();
    this.#encode();
    await this.#options.outbox.close();
  }

  #numbered(facts: Unnumbered, promised: boolean): AuditEvent {
    const { outbox, clock } = this.#options;
    const isKept = this.#hasRoom(promised);
    if (isKept) this.#declare();
    const occurredAt = clock.now();
    const { tenant, type, session, incarnation, severity, data } = facts;
    const event: AuditEvent = {
      eventId: uuidv7(occurredAt),
      tenant,
      producer: outbox.producer,
      seq: ++this.#seq,
      occurredAt,
      type,
      session,
      incarnation,
      severity,
      data,
    };
    if (isKept) this.#push(event, facts.attachment);
    else this.#lose(event.seq);
    return event;
  }

  #push(event: AuditEvent, attachment?: Uint8Array): void {
    if (this.#fresh.push({ event, attachment }) === 1) setImmediate(() => this.#encode());
    if (this.depth % LIMITS.auditBatchMax.value === 0) void this.flush();
  }

  #encode(): void {
    const { outbox } = this.#options;
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const { event, attachment } of fresh) {
      const record = encodeRecord(event, newSalt);
      outbox.push({ seq: event.seq, leaf: attachment === undefined ? record : withAttachment(record, attachment) });
    }
  }

  #hasRoom(promised: boolean): boolean {
    const { outbox, queueMax, strict } = this.#options;
    const fresh = this.#fresh.length;
    return strict() ? promised || outbox.room - fresh > this.#places : outbox.takes && outbox.held + fresh < queueMax;
  }

  #lose(seq: number): void {
    const { log, lost, outbox } = this.#options;
    lost();
    if (this.#lost) this.#lost.to = seq;
    else this.#lost = { from: seq, to: seq };
    if (this.#losing) return;
    this.#losing = true;
    log.error('audit_events_lost', { from_seq: seq, events: outbox.held });
  }

  /** Names, methods and paths come again and again. What was redacted is not remembered: no secret stays in memory for it. */
  #redacted(text: string): string {
    if (text.length > HARMLESS_CHARS_MAX) return this.#options.redact(text);
    if (this.#harmless.get(text)) return text;
    const redacted = this.#options.redact(text);
    if (redacted === text) this.#harmless.set(text, true);
    return redacted;
  }

  #gap(data: GapData): void {
    this.record({ ...NOBODY, type: 'audit_gap', severity: 'critical', data: { ...data } });
  }

  /** In front of what comes next, so that the gap is known as soon as anything behind it is. */
  #declare(): void {
    if (this.#lost === null) return;
    const { from, to } = this.#lost;
    this.#lost = null;
    this.#gap({ producer: this.#options.outbox.producer, from_seq: from, to_seq: to, reason: 'overflow' });
  }
}
