/** Orders travel signed: HMAC-SHA256 over the order's exact bytes, so that nobody who reaches the bus or the stream can forge one. */
import { decodeOrder, decodeSignedOrder, encodeOrder, encodeSignedOrder, type Order } from '@elida/contracts';
import { type Installation, mac, sameBytes } from './secret.ts';

export function signOrder(installation: Installation, order: Order): Uint8Array {
  const bytes = encodeOrder(order);
  return encodeSignedOrder({ order: bytes, mac: mac(installation.key('doorbell'), bytes), kid: installation.kid });
}

/** @returns null where the bytes are not an order that this installation signed and this version knows. */
export function verifyOrder(installation: Installation, bytes: Uint8Array): Order | null {
  const signed = decodeSignedOrder(bytes);
  if (!signed || signed.kid !== installation.kid) return null;
  if (!sameBytes(mac(installation.key('doorbell'), signed.order), signed.mac)) return null;
  return decodeOrder(signed.order);
}
