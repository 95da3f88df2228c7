/** A caller over node:http. Nothing else of the edge touches a request or a response of Node's. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { type BodyLimit, type Caller, type CallerEvents, CallerGone, type Headers, type Tap } from './caller.ts';
import { BodyCollector, BodyStream } from './http-body.ts';

/** After an answer that came before the body, the rest is read and dropped for this long: the caller sees it, and no reset. */
const LINGER_MS = 5_000;

export class HttpCaller implements Caller {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly headers: Headers;
  readonly peer: string;
  readonly bodyBytes: number;
  bytesIn = 0;
  closed = false;
  readonly upgrades = false;
  tap: Tap | null = null;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #awaitsContinue: boolean;
  #events: CallerEvents | null = null;
  #collector: BodyCollector | null = null;

  /** @param awaitsContinue the caller sent `Expect: 100-continue`: it is told to go on once we want its body. */
  constructor(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) {
    this.#request = request;
    this.#response = response;
    this.#awaitsContinue = awaitsContinue;
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    const { headers } = request;
    this.headers = headers;
    this.peer = request.socket.remoteAddress ?? '';
    this.bodyBytes = headers['transfer-encoding'] !== undefined ? -1 : Number(headers['content-length'] ?? 0);
    response.on('close', () => {
      this.closed = true;
      this.#collector?.onGone();
      this.#events?.onClosed(response.writableFinished);
    });
  }

  get httpVersion(): string {
    return this.#request.httpVersion;
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  listen(events: CallerEvents): void {
    this.#events = events;
  }

  collect(limit: BodyLimit): Promise<Buffer> {
    if (this.closed) return Promise.reject(new CallerGone());
    this.#goOn();
    this.#collector = new BodyCollector(this.#request, limit, this);
    return this.#collector.read();
  }

  stream(limit: BodyLimit): Readable {
    this.#goOn();
    return new BodyStream(this.#request, limit, this);
  }

  head(status: number, reason: string, rawHeaders: readonly string[]): void {
    this.#response.sendDate = !hasDate(rawHeaders);
    // A provider may put anything there, and nobody reads it (RFC 9112 §4).
    this.#response.writeHead(status, SENDABLE.test(reason) ? reason : phraseOf(status), rawHeaders as string[]);
  }

  /** Sends the head by itself, where no byte of the body came with it. */
  flushHead(): void {
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    this.tap?.sent(bytes);
    if (this.#response.write(bytes)) return true;
    this.#response.once('drain', () => this.#events?.onDrain());
    return false;
  }

  end(trailers?: readonly string[]): void {
    if (!this.#request.complete) this.#linger();
    if (trailers && trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    this.#response.end();
  }

  reply(status: number, rawHeaders: readonly string[], body: string | Buffer): void {
    if (!this.#request.complete) this.#linger();
    const bytes = Buffer.from(body);
    // With the phrase, or that of a head that could not be sent would stay.
    const headers = [...rawHeaders, 'content-length', String(bytes.length)];
    this.#response.writeHead(status, phraseOf(status), headers);
    if (this.method === 'HEAD') this.#response.end();
    else {
      this.tap?.sent(bytes);
      this.#response.end(bytes);
    }
  }

  cut(): void {
    this.#response.destroy();
  }

  #linger(): void {
    const timer = setTimeout(() => this.#request.socket.destroy(), LINGER_MS).unref();
    this.#request.once('close', () => clearTimeout(timer));
  }

  #goOn(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#response.writeContinue();
  }
}

const SENDABLE = /^[\t\x20-\x7e]*$/;

const phraseOf = (status: number): string => STATUS_CODES[status] ?? '';

function hasDate(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'date') return true;
  }
  return false;
}

const pairs = (raw: readonly string[]): [string, string][] => {
  const out: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) out.push([raw[at] as string, raw[at + 1] as string]);
  return out;
};
