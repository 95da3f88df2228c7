/** The control plane's parts, wired to each other; nothing runs yet. */
import type { AuditEvent, SessionRecord } from '@elida/contracts';
import type { Clock } from '@elida/kernel';
import { logSigners } from '@elida/record';
import { createRedactor } from '@elida/redaction';
import { Keyring } from './access/keyring.ts';
import { assembleOrders, type OrderParts } from './assemble-orders.ts';
import type { ControlDeps } from './compose.ts';
import type { ControlConfig } from './config.ts';
import { Health } from './health.ts';
import { Ladders } from './insight/ladders.ts';
import { LiveHub } from './live/hub.ts';
import { SessionFeed } from './live/session-feed.ts';
import { type ControlMetrics, controlMetrics } from './metrics.ts';
import type { Parts } from './parts.ts';
import { PolicyRelease } from './policies/release.ts';
import { Publisher } from './publisher/publisher.ts';
import { Journal } from './record/journal.ts';
import { SessionFinder } from './session-finder.ts';

export interface Assembly {
  readonly parts: Parts;
  readonly orders: OrderParts;
  readonly feed: SessionFeed;
  readonly metrics: ControlMetrics;
}

const shown = ({
  eventId,
  tenant,
  type,
  session,
  incarnation,
  severity,
  producer,
  seq,
  occurredAt,
  data,
}: AuditEvent) => ({
  event_id: eventId,
  type,
  tenant,
  session,
  incarnation,
  severity,
  producer,
  seq,
  occurred_at: new Date(occurredAt).toISOString(),
  data,
});

/** Who it was is what a record is for: addresses of principals and clients stay, as they do in the session's own record. */
function identifiersOf({ principal, client_addr, scope, target }: Record<string, unknown>): Record<string, unknown> {
  return {
    ...(principal !== undefined && { principal }),
    ...(client_addr !== undefined && { client_addr }),
    ...(scope === 'principal' && { target }),
  };
}

function redactOf({ file }: ControlConfig): (data: Record<string, unknown>) => Record<string, unknown> {
  const { enabled, patterns, redact_private_ips } = file.storage.redaction;
  const redactor = createRedactor({ patterns, redactPrivateIps: redact_private_ips });
  if (!enabled) return (data) => data;
  return (data) => ({ ...redactor.redactObject(data), ...identifiersOf(data) });
}

export function assembleControl(config: ControlConfig, deps: ControlDeps & { readonly clock: Clock }): Assembly {
  const { db, store, bell, installation, clock, log } = deps;
  const hub = new LiveHub();
  const onEvent = (event: AuditEvent): void => {
    hub.publish('events', event.tenant, shown(event));
    feed.onEvent(event);
  };
  bell.onLive(onEvent);
  const journal = new Journal({ db, clock, redact: redactOf(config), onEvents: (events) => events.forEach(onEvent) });
  const keyring = new Keyring({ db, installation, clock, log });
  const fileTenants = config.file.proxy.auth.trusted_networks.map(({ tenant }) => tenant);
  const finder = new SessionFinder(store, keyring, fileTenants);
  const onEnded = (records: readonly SessionRecord[]): void => {
    metrics.ended(records.length);
    feed.show(records);
  };
  const orders = assembleOrders(
    config,
    deps,
    { journal, finder },
    {
      onOrder(reply, records) {
        metrics.ordered(reply.kind, reply.elapsed_ms, reply.durable);
        hub.publish('orders', reply.tenant || '*', reply);
        feed.show(records);
      },
      onEnded,
    },
  );
  const { file, secretsDir, version } = config;
  const release = new PolicyRelease();
  const publisher = new Publisher({ db, journal, bell, release, installation, clock, log, file, secretsDir });
  const ladders = new Ladders({ publisher, clock });
  const feed = new SessionFeed({ store, hub, ladders, log });
  const metrics = controlMetrics(deps.metrics, { store, publisher, backlog: orders.backlog });
  const health = new Health({ db, store, bell, clock, version });
  const { desk } = orders;
  const parts = {
    db,
    store,
    finder,
    desk,
    publisher,
    ladders,
    keyring,
    journal,
    hub,
    health,
    installation,
    signerOf: logSigners({ name: installation.key('session-id'), seed: installation.key('audit-log') }),
    clock,
  };
  return { parts, orders, feed, metrics };
}
