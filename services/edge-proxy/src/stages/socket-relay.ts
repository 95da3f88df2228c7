/**
 * Relays one WebSocket: messages as they come, in both directions, with back-pressure, pings, pongs and close codes end to
 * end (RFC 6455). The provider's leg is opened first, so that its answer (subprotocol, headers, or a refusal) becomes ours.
 */
import type { IncomingMessage } from 'node:http';
import { LIMITS } from '@elida/contracts';
import { Fault } from '@elida/kernel';
import { type RawData, WebSocket } from 'ws';
import type { Watched } from '../deadlines.ts';
import type { Edge } from '../edge.ts';
import type { Cuttable, RunningExchange } from '../running-exchange.ts';
import type { Backend } from '../tables/backend.ts';
import type { UpgradeCaller } from '../upgrade-caller.ts';
import { outcomeOf, refusalOf } from './refuse.ts';
import { replyHeaders } from './reply-headers.ts';

export interface SocketForwarding {
  readonly backend: Backend;
  readonly path: string;
  /** Name, value, … for the provider's leg. */
  readonly headers: readonly string[];
}

/** Above it the faster leg is paused: as much as one large frame, not a conversation. */
const BUFFERED_BYTES_MAX = 1_048_576;
/** Body of a refused handshake; a longer one is cut short, it is for a person. */
const REFUSAL_BYTES_MAX = 65_536;
/** For a close frame to be answered; then the connection is dropped. */
const CLOSE_MS = 2_000;

export class SocketRelay implements Cuttable, Watched {
  slot = -1;
  deadline: number;
  readonly #edge: Edge;
  readonly #exchange: RunningExchange;
  readonly #arrived: UpgradeCaller;
  readonly #provider: WebSocket;
  #caller: WebSocket | null = null;
  #over = false;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** @throws Fault bad_request where the caller's handshake is malformed. */
  constructor(edge: Edge, exchange: RunningExchange, arrived: UpgradeCaller, forwarding: SocketForwarding) {
    arrived.checkHandshake();
    const { backend, path, headers } = forwarding;
    this.#edge = edge;
    this.#exchange = exchange;
    this.#arrived = arrived;
    this.deadline = edge.deadlines.after(backend.timeouts.connectMs);
    const { own, protocols } = handshakeApart(headers);
    this.#provider = new WebSocket(backend.origin.replace(/^http/, 'ws') + path, protocols, {
      headers: own,
      // Compression belongs to a leg; without it every frame is read as it lies.
      perMessageDeflate: false,
      maxPayload: LIMITS.webSocketMessageBytesMax.value,
      autoPong: false,
      followRedirects: false,
      ...backend.pool.tls,
    });
  }

  /** Resolves when both legs are closed. @throws Fault where the caller's leg has not become a WebSocket yet. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#exchange.cuttable = this;
      this.#edge.deadlines.watch(this);
      this.#arrived.listen({ onClosed: () => this.#arrivedClosed(), onDrain: () => {} });
      let answer: IncomingMessage | null = null;
      this.#provider.once('upgrade', (reply) => {
        answer = reply;
      });
      this.#provider.once('unexpected-response', (_request, reply) => void this.#pass(reply));
      this.#provider.on('error', (error) => this.#providerFailed(error));
      this.#provider.once('open', () => {
        if (!this.#over && answer !== null) this.#accept(answer);
      });
      this.#exchange.forwardedAt = this.#edge.clock.monotonic();
    });
  }

  onCut(fault: Fault): void {
    this.#fail(fault);
  }

  onDeadline(): void {
    if (this.#caller === null) this.#fail(new Fault('upstream_connect_timeout'));
    else this.#drop();
  }

  /** Answers the caller's handshake with what the provider agreed to, and joins the legs. */
  #accept(answer: IncomingMessage): void {
    const raw = answer.rawHeaders.map((part) => Buffer.from(part, 'latin1'));
    const headers = replyHeaders(raw, 101, String(answer.headers.connection ?? ''), this.#exchange);
    const caller = this.#arrived.accept(this.#provider.protocol, headers);
    this.#exchange.status = 101;
    this.#exchange.firstByteAt = this.#edge.clock.monotonic();
    this.#caller = caller;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#edge.metrics.streams.add({}, 1);
    join(caller, this.#provider, (bytes, isBinary) => {
      this.#arrived.bytesIn += bytes.length;
      this.#keep('client', bytes, isBinary);
    });
    join(this.#provider, caller, (bytes, isBinary) => {
      this.#exchange.bytesOut += bytes.length;
      this.#keep('provider', bytes, isBinary);
    });
    caller.on('error', () => {}); // A protocol error of the caller closes its leg with its own code; `close` follows.
    caller.once('close', (code, reason) => this.#callerClosed(code, reason));
    this.#provider.once('close', (code, reason) => this.#providerClosed(code, reason));
  }

  #keep(from: 'client' | 'provider', bytes: Buffer, isBinary: boolean): void {
    this.#exchange.capture?.frame(from, bytes, isBinary, this.#edge.clock.monotonic() - this.#exchange.startedAt);
  }

  #callerClosed(code: number, reason: Buffer): void {
    // A codec error of ours (1009, 1007 …) is one towards the provider as well; 1006 means that it just went away.
    if (code === 1006 && !this.#over) this.#exchange.end('caller_gone', '');
    this.#over = true;
    closeLeg(this.#provider, code, reason);
    this.#closing();
  }

  #providerClosed(code: number, reason: Buffer): void {
    if (this.#caller === null) return;
    if (code === 1006 && !this.#over) this.#fail(new Fault('upstream_failed'));
    else closeLeg(this.#caller, code, reason);
    this.#over = true;
    this.#closing();
  }

  #providerFailed(error: Error): void {
    if (this.#caller !== null || this.#over) return; // `close` follows.
    this.#end(new Fault('upstream_connect_failed', undefined, { cause: error }));
  }

  /** The provider refuses the upgrade: its own answer is the caller's (426 makes Codex fall back to HTTP at once). */
  async #pass(reply: IncomingMessage): Promise<void> {
    const status = reply.statusCode ?? 502;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of reply as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > REFUSAL_BYTES_MAX) break;
        chunks.push(chunk);
      }
    } catch (error) {
      this.#providerFailed(error as Error);
      return;
    }
    if (this.#over) return;
    const raw = reply.rawHeaders.map((part) => Buffer.from(part, 'latin1'));
    const headers = replyHeaders(raw, status, 'content-length', this.#exchange);
    this.#exchange.status = status;
    this.#exchange.end('failed', '');
    this.#arrived.reply(status, headers, Buffer.concat(chunks));
    this.#end(null);
  }

  /** Before the handshake is answered; afterwards the caller's WebSocket says so. */
  #arrivedClosed(): void {
    if (this.#caller !== null || this.#over) return;
    this.#exchange.end('caller_gone', '');
    this.#end(null);
  }

  /** Ends both legs: the caller's with the wire's own last words. */
  #fail(fault: Fault): void {
    if (this.#over) return;
    if (this.#caller === null) {
      this.#end(fault);
      return;
    }
    this.#over = true;
    this.#exchange.end(outcomeOf(fault.code, this.#exchange), fault.code);
    const end = this.#exchange.dialect.webSocketEnd(refusalOf(this.#exchange, fault));
    for (const frame of end.frames) {
      this.#caller.send(frame);
      this.#exchange.bytesOut += frame.length;
    }
    this.#caller.close(end.closeCode, end.closeReason);
    closeLeg(this.#provider, 1000, NOTHING);
    this.#closing();
  }

  /** Settles when both legs are closed; drops what does not close in time. */
  #closing(): void {
    const caller = this.#caller;
    if (caller?.readyState === WebSocket.CLOSED && this.#provider.readyState === WebSocket.CLOSED) this.#end(null);
    else if (this.deadline === Number.POSITIVE_INFINITY) this.deadline = this.#edge.deadlines.after(CLOSE_MS);
  }

  #drop(): void {
    this.#caller?.terminate();
    this.#provider.terminate();
    this.#end(null);
  }

  #end(error: Error | null): void {
    this.#over = true;
    this.#edge.deadlines.forget(this);
    this.#exchange.cuttable = null;
    if (this.#caller !== null) this.#edge.metrics.streams.add({}, -1);
    else this.#provider.terminate();
    if (error === null) this.#resolve();
    else this.#reject(error);
  }
}

const NOTHING = Buffer.alloc(0);

/** One direction. `ws` hands over whole messages: fragments and masks belong to a leg. */
function join(from: WebSocket, to: WebSocket, seen: (bytes: Buffer, isBinary: boolean) => void): void {
  const resume = (): void => {
    if (from.isPaused && to.bufferedAmount < BUFFERED_BYTES_MAX / 2) from.resume();
  };
  from.on('message', (data: RawData, isBinary: boolean) => {
    const bytes = data as Buffer;
    seen(bytes, isBinary);
    if (to.readyState !== WebSocket.OPEN) return;
    to.send(bytes, { binary: isBinary, compress: false }, resume);
    if (to.bufferedAmount > BUFFERED_BYTES_MAX) from.pause();
  });
  from.on('ping', (data) => to.readyState === WebSocket.OPEN && to.ping(data));
  from.on('pong', (data) => to.readyState === WebSocket.OPEN && to.pong(data));
}

/** RFC 6455 §7.4.1: 1005, 1006 and 1015 are never sent; they say how a connection ended without a code. */
function closeLeg(leg: WebSocket, code: number, reason: Buffer): void {
  if (leg.readyState === WebSocket.CLOSED || leg.readyState === WebSocket.CLOSING) return;
  if (leg.isPaused) leg.resume();
  if (code === 1005) leg.close();
  else if (code === 1006 || code === 1015) leg.terminate();
  else leg.close(code, reason);
}

/** The handshake's own headers (RFC 6455 §11.3) are each leg's; the subprotocols go from leg to leg. */
function handshakeApart(raw: readonly string[]): { own: Record<string, string | string[]>; protocols: string[] } {
  const own: Record<string, string | string[]> = {};
  const protocols: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'sec-websocket-protocol') protocols.push(...value.split(',').map((one) => one.trim()));
    if (lower.startsWith('sec-websocket-')) continue;
    const before = own[name];
    own[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return { own, protocols };
}
