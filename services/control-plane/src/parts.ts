/** What handlers may use. Each takes only what it needs of it. */
import type { Clock, Installation } from '@elida/kernel';
import type { SignerOf } from '@elida/record';
import type { Keyring } from './access/keyring.ts';
import type { Health } from './health.ts';
import type { Ladders } from './insight/ladders.ts';
import type { LiveHub } from './live/hub.ts';
import type { Desk } from './orders/desk.ts';
import type { Db, SessionDirectory } from './ports.ts';
import type { Publisher } from './publisher/publisher.ts';
import type { Journal } from './record/journal.ts';
import type { SessionFinder } from './session-finder.ts';

export interface Parts {
  readonly db: Db;
  readonly store: SessionDirectory;
  readonly finder: SessionFinder;
  readonly desk: Desk;
  readonly publisher: Publisher;
  readonly ladders: Ladders;
  readonly keyring: Keyring;
  readonly journal: Journal;
  readonly hub: LiveHub;
  readonly health: Health;
  readonly installation: Installation;
  readonly signerOf: SignerOf;
  readonly clock: Clock;
}
