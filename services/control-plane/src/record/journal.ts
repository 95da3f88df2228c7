/**
 * Changes and the events about them, in one transaction: neither is there without the other. An event's sequence number
 * has no gaps, so the writers of one producer take turns; several lanes, each a producer of its own, let orders pass
 * each other.
 */
import { randomBytes } from 'node:crypto';
import type { AuditEvent, EventType } from '@elida/contracts';
import { type Clock, newSalt, uuidv7 } from '@elida/kernel';
import { type Database, insertEvents } from '@elida/postgres';
import { buildEvent, type EventData, type Stamp, type Subject, sealEvent } from '@elida/record';
import type { Kysely, Transaction } from 'kysely';

/** Adds an event to this transaction. */
export type Note = <T extends EventType>(type: T, subject: Subject, data: EventData[T], occurredAt?: number) => void;

export interface Pen {
  readonly note: Note;
  /** For events that are made elsewhere (the end of a session). */
  readonly add: (make: (stamp: Stamp) => AuditEvent, eventId: string, occurredAt: number) => void;
}

type Work<T> = (tx: Transaction<Database>, pen: Pen) => Promise<T>;

export interface JournalParts {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  /** What is kept of an event's data (configured redaction). */
  readonly redact: (data: Record<string, unknown>) => Record<string, unknown>;
  /** After the commit. */
  readonly onEvents: (events: readonly AuditEvent[]) => void;
}

const newProducer = (): string => `control-${randomBytes(6).toString('hex')}`;

class Lane {
  readonly #parts: JournalParts;
  #producer = newProducer();
  #seq = 0;
  #turn: Promise<unknown> = Promise.resolve();
  waiting = 0;

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  write<T>(work: Work<T>): Promise<T> {
    this.waiting++;
    const mine = this.#turn
      .then(() => this.#run(work))
      .finally(() => {
        this.waiting--;
      });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #run<T>(work: Work<T>): Promise<T> {
    const { db, clock, redact, onEvents } = this.#parts;
    const events: AuditEvent[] = [];
    const add: Pen['add'] = (make, eventId, occurredAt) => {
      const seq = this.#seq + events.length + 1;
      const event = make({ eventId, producer: this.#producer, seq, occurredAt });
      events.push({ ...event, data: redact(event.data) });
    };
    const note: Note = (type, subject, data, occurredAt = clock.now()) =>
      add((stamp) => buildEvent(type, stamp, subject, data), uuidv7(occurredAt), occurredAt);
    let done: T;
    try {
      done = await db.transaction().execute(async (tx) => {
        const result = await work(tx, { note, add });
        await insertEvents(
          tx,
          events.map((event) => ({ event, ...sealEvent(event, newSalt) })),
        );
        return result;
      });
    } catch (error) {
      // Whether it was committed is not known where the line broke: these numbers are not used twice.
      if (events.length > 0) {
        this.#producer = newProducer();
        this.#seq = 0;
      }
      throw error;
    }
    this.#seq += events.length;
    if (events.length > 0) onEvents(events);
    return done;
  }
}

export class Journal {
  readonly #lanes: readonly Lane[];

  /** @param lanes transactions at once; each takes a connection. */
  constructor(parts: JournalParts, lanes = 4) {
    this.#lanes = Array.from({ length: lanes }, () => new Lane(parts));
  }

  /** @throws Fault database_unavailable, or what `work` throws: then nothing of it stays. */
  write<T>(work: Work<T>): Promise<T> {
    const idlest = this.#lanes.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
    return idlest.write(work);
  }
}
