/** Order ↔ the bytes of proto/elida/control/v1. The bytes are what is MACed; an unknown kind or scope is refused. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AckSchema,
  OrderSchema,
  SignedOrderSchema,
  SnapshotDoorbellSchema,
} from './gen/elida/control/v1/control_pb.js';
import { type Ack, ORDER_KINDS, type Order, SCOPES } from './order.ts';
import type { BlockMode } from './session.ts';

const MODES: readonly BlockMode[] = ['duration', 'until', 'until_hour_change', 'permanent'];

export function encodeOrder(order: Order): Uint8Array {
  return toBinary(
    OrderSchema,
    create(OrderSchema, {
      id: order.id,
      epoch: order.epoch,
      kind: ORDER_KINDS.indexOf(order.kind) + 1,
      tenant: order.tenant,
      selector: {
        scope: SCOPES.indexOf(order.selector.scope) + 1,
        id: order.selector.id,
        members: [...order.selector.members],
      },
      mode: MODES.indexOf(order.mode) + 1,
      untilMs: BigInt(order.untilAt),
      actor: order.actor,
      reason: order.reason,
      atMs: BigInt(order.at),
    }),
  );
}

/** @returns null where the bytes are no order that this version knows. */
export function decodeOrder(bytes: Uint8Array): Order | null {
  let message: ReturnType<typeof fromBinary<typeof OrderSchema>>;
  try {
    message = fromBinary(OrderSchema, bytes);
  } catch {
    return null;
  }
  const kind = ORDER_KINDS[message.kind - 1];
  const scope = SCOPES[(message.selector?.scope ?? 0) - 1];
  const mode = MODES[message.mode - 1];
  if (!kind || !scope || !mode || !message.id) return null;
  return {
    id: message.id,
    epoch: message.epoch,
    kind,
    tenant: message.tenant,
    selector: { scope, id: message.selector?.id ?? '', members: message.selector?.members ?? [] },
    mode,
    untilAt: Number(message.untilMs),
    actor: message.actor,
    reason: message.reason,
    at: Number(message.atMs),
  };
}

export interface SignedOrder {
  readonly order: Uint8Array;
  readonly mac: Uint8Array;
  readonly kid: string;
}

export const encodeSignedOrder = (signed: SignedOrder): Uint8Array =>
  toBinary(SignedOrderSchema, create(SignedOrderSchema, { ...signed }));

export function decodeSignedOrder(bytes: Uint8Array): SignedOrder | null {
  try {
    const { order, mac, kid } = fromBinary(SignedOrderSchema, bytes);
    return { order, mac, kid };
  } catch {
    return null;
  }
}

export const encodeAck = (ack: Ack): Uint8Array =>
  toBinary(AckSchema, create(AckSchema, { ...ack, sessions: ack.sessions.slice(0, 100) }));

export function decodeAck(bytes: Uint8Array): Ack | null {
  try {
    const { orderId, edge, exchangesCut, sessions } = fromBinary(AckSchema, bytes);
    return { orderId, edge, exchangesCut, sessions };
  } catch {
    return null;
  }
}

export const encodeSnapshotDoorbell = (version: number, hash: string): Uint8Array =>
  toBinary(SnapshotDoorbellSchema, create(SnapshotDoorbellSchema, { version, hash }));

export function decodeSnapshotDoorbell(bytes: Uint8Array): { version: number; hash: string } | null {
  try {
    const { version, hash } = fromBinary(SnapshotDoorbellSchema, bytes);
    return { version, hash };
  } catch {
    return null;
  }
}
