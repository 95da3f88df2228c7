/** NATS subjects, versioned. Tokens that come from outside are reduced to what a subject may contain. */
export const CONTROL = 'elida.v1.doorbell.control';
export const SNAPSHOT = 'elida.v1.doorbell.snapshot';
export const ACKS = 'elida.v1.ack.*';
export const LIVE = 'elida.v1.live.>';

const token = (text: string): string => text.replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';

export const ackSubject = (orderId: string): string => `elida.v1.ack.${token(orderId)}`;
export const liveSubject = (tenant: string, session: string): string =>
  `elida.v1.live.${token(tenant)}.${token(session)}`;
