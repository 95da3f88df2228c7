/** The least a correct Node proxy does: node:http in, undici dispatch out, raw headers both ways. The floor we are measured against. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dispatcher, Pool } from 'undici';

const pool = new Pool(process.argv[2] ?? '', { headersTimeout: 0, bodyTimeout: 0, allowH2: false });

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => this.#controller?.abort(new Error('gone')));
  }
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }
  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    const headers: string[] = [];
    for (const part of controller.rawHeaders as Buffer[]) headers.push(part.toString('latin1'));
    for (let at = headers.length - 2; at >= 0; at -= 2) {
      if (/^(connection|transfer-encoding|keep-alive)$/i.test(headers[at] as string)) headers.splice(at, 2);
    }
    this.#response.sendDate = false;
    this.#response.writeHead(status, headers);
  }
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }
  onResponseEnd(): void {
    this.#controller = null;
    this.#response.end();
  }
  onResponseError(): void {
    this.#controller = null;
    this.#response.destroy();
  }
}

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const headers: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] as string;
    if (!/^(host|connection|content-length)$/i.test(name)) headers.push(name, request.rawHeaders[at + 1] as string);
  }
  pool.dispatch({ method: request.method ?? '', path: request.url ?? '', headers, body }, new Relay(response));
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => forward(request, response, Buffer.concat(pieces)));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
