/** Events that the worker itself writes, in the transaction of what they tell of; numbered like those of any producer. */
import { randomBytes } from 'node:crypto';
import type { AuditEvent, EventType } from '@elida/contracts';
import { type Clock, newSalt, uuidv7 } from '@elida/kernel';
import { type Database, insertEvents } from '@elida/postgres';
import { buildEvent, type EventData, sealEvent } from '@elida/record';
import type { Kysely, Transaction } from 'kysely';

/** Adds an event of the tenant to this transaction. */
export type Note = <T extends EventType>(type: T, tenant: string, data: EventData[T]) => void;

const newProducer = (): string => `audit-${randomBytes(6).toString('hex')}`;

export class OwnEvents {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  #producer = newProducer();
  #seq = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(db: Kysely<Database>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** One after the other: numbers have no gaps. @throws what `work` throws: then nothing of it stays. */
  write<T>(work: (trx: Transaction<Database>, note: Note) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(() => this.#run(work));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #run<T>(work: (trx: Transaction<Database>, note: Note) => Promise<T>): Promise<T> {
    const events: AuditEvent[] = [];
    const note: Note = (type, tenant, data) => {
      const occurredAt = this.#clock.now();
      const stamp = {
        eventId: uuidv7(occurredAt),
        producer: this.#producer,
        seq: this.#seq + events.length + 1,
        occurredAt,
      };
      events.push(buildEvent(type, stamp, { tenant, session: '', incarnation: 0 }, data));
    };
    try {
      const result = await this.#db.transaction().execute(async (trx) => {
        const done = await work(trx, note);
        await insertEvents(
          trx,
          events.map((event) => ({ event, ...sealEvent(event, newSalt) })),
        );
        return done;
      });
      this.#seq += events.length;
      return result;
    } catch (error) {
      // Whether it was committed is not known where the line broke: these numbers are not used twice.
      if (events.length > 0) {
        this.#producer = newProducer();
        this.#seq = 0;
      }
      throw error;
    }
  }
}
