/** What gives orders, ends sessions and keeps store and Postgres in step. */
import type { SessionRecord } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import type { Clock } from '@elida/kernel';
import type { ControlDeps } from './compose.ts';
import type { ControlConfig } from './config.ts';
import { Backlog } from './orders/backlog.ts';
import { Books } from './orders/books.ts';
import { Desk } from './orders/desk.ts';
import { Drafter } from './orders/draft.ts';
import { EdgeOrders } from './orders/edge-orders.ts';
import { HoldTimer } from './orders/hold-timer.ts';
import { Ledger } from './orders/ledger.ts';
import { Reach } from './orders/reach.ts';
import { DatabaseWatch } from './record/database-watch.ts';
import { InterimRecords } from './record/interim-records.ts';
import type { Journal } from './record/journal.ts';
import { LostSessions } from './record/lost-sessions.ts';
import { Reaper } from './record/reaper.ts';
import { Reconciler } from './record/reconcile.ts';
import type { SessionFinder } from './session-finder.ts';

export interface OrderParts {
  readonly desk: Desk;
  readonly backlog: Backlog;
  readonly watch: DatabaseWatch;
  readonly reaper: Reaper;
  readonly interim: InterimRecords;
  readonly holdTimer: HoldTimer;
  readonly reconciler: Reconciler;
  readonly lost: LostSessions;
  readonly edgeOrders: EdgeOrders;
}

export interface OrderListeners {
  readonly onOrder: (reply: OrderReply, records: readonly SessionRecord[]) => void;
  readonly onEnded: (records: readonly SessionRecord[]) => void;
}

export function assembleOrders(
  config: ControlConfig,
  deps: ControlDeps & { readonly clock: Clock },
  { journal, finder }: { journal: Journal; finder: SessionFinder },
  { onOrder, onEnded }: OrderListeners,
): OrderParts {
  const { db, store, bell, installation, clock, log } = deps;
  const { kill_block: killBlock, hold } = config.file.session;
  const ledger = new Ledger(db, journal);
  const backlog = new Backlog(log);
  const watch = new DatabaseWatch(db, log);
  watch.onReturn(() => backlog.flush(ledger));
  const windows = { killMode: killBlock.mode, killMs: killBlock.duration, holdMs: hold.max };
  const shared = { store, bell, installation, clock, log };
  const drafter = new Drafter({ store, finder, clock, windows });
  const books = new Books({ ledger, backlog, watch, log });
  const desk = new Desk({ drafter, books, reach: new Reach(shared), clock, onOrder });
  const lifeMs = config.file.session.max_duration;
  const lost = new LostSessions({ db, store, journal, clock, log, lifeMs, onEnded });
  return {
    desk,
    backlog,
    watch,
    holdTimer: new HoldTimer({ db, store, desk, clock, log, windows }),
    reaper: new Reaper({ ...shared, journal, onEnded }),
    interim: new InterimRecords({ db, store, clock, log, periodMs: config.file.storage.interim_sdr }),
    reconciler: new Reconciler({ db, store, clock, log, onRebuilt: () => lost.wiped() }),
    lost,
    edgeOrders: new EdgeOrders({ db, store, ledger, installation, log, onOrder }),
  };
}
