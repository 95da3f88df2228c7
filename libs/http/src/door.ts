/**
 * The door: HTTP in, plain visits out. Request ids, security headers, who may enter, rate limits and the translation of
 * errors happen here and nowhere else; fastify goes no further.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { base32, type Clock, Fault, type Log } from '@elida/kernel';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type Caller, type Knock, NOBODY } from './caller.ts';
import { createEntrance } from './entrance.ts';
import { LiveResponses } from './live-response.ts';
import { toFault, toProblem } from './problem.ts';
import type { RateLimit } from './rate-limiter.ts';
import type { Answer, Route } from './route.ts';

export interface DoorOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly bodyBytesMax: number;
  /** @throws Fault not_authenticated, foreign_origin. */
  readonly authenticate: (knock: Knock) => Promise<Caller>;
  /** @throws Fault not_allowed. */
  readonly authorize: (caller: Caller, access: string) => void;
  /** Requests of one caller. */
  readonly rate: RateLimit;
  /** Refused credentials of one address. */
  readonly refusals: RateLimit;
  readonly onAnswer?: (access: string, status: number, elapsedMs: number) => void;
}

export interface Door {
  mount(routes: readonly Route[]): void;
  /** @returns the URL, with the port that was free where 0 was asked for. */
  listen(host: string, port: number): Promise<string>;
  close(): Promise<void>;
}

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

const knockOf = (request: FastifyRequest): Knock => ({
  method: request.method,
  headers: request.headers,
  address: request.raw.socket.remoteAddress ?? '',
});

/** A JSON body, or none. An empty body is none, whatever its type says: command-line clients send it so. */
function acceptOnlyJson(app: FastifyInstance): void {
  const json = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/([\w.-]+\+)?json/i, { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void json(request, String(body), done);
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') done(null, undefined);
    else done(new Fault('bad_request', 'the body must be application/json'), undefined);
  });
}

function write(reply: FastifyReply, answer: Exclude<Answer, { stream: unknown }>): void {
  if ('lines' in answer) {
    void reply.headers(answer.headers).send(Readable.from(answer.lines));
    return;
  }
  reply.code(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
  const { body } = answer;
  if (body === undefined || answer.status === 204 || answer.status === 304) void reply.send();
  else if (typeof body === 'string' || body instanceof Uint8Array) void reply.send(body);
  else {
    if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json; charset=utf-8');
    void reply.serializer((value) => JSON.stringify(value)).send(body);
  }
}

type Fail = (error: unknown, request: { id: string }, reply: FastifyReply, failure?: Route['failure']) => void;

const createFail =
  (log: Log): Fail =>
  (error, request, reply, failure) => {
    const fault = toFault(error);
    if (fault.code === 'internal') log.error('request_failed', { request_id: request.id, error: fault.cause });
    reply.code(fault.spec.status).header('x-elida-code', fault.code);
    if (fault.spec.retry) reply.header('retry-after', String(fault.retryAfterS));
    if (fault.code === 'not_authenticated') reply.header('www-authenticate', 'Bearer realm="elida"');
    reply.header('content-type', failure ? 'application/json' : 'application/problem+json');
    void reply.send(JSON.stringify(failure ? failure(fault) : toProblem(fault, request.id)));
  };

export function createDoor(options: DoorOptions): Door {
  const fail = createFail(options.log);
  const enter = createEntrance(options);
  const streams = new LiveResponses();
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax,
    genReqId: () => `req_${base32(randomBytes(10))}`,
    requestTimeout: 30_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    // Errors before any route: a path that cannot be decoded, or has a longer part than any name of ours.
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
  });
  acceptOnlyJson(app);

  const visit = async (route: Route, request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<void> => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await route.handle({
      params: request.params as Record<string, string>,
      query: request.query as Record<string, unknown>,
      body: request.body,
      headers: request.headers,
      caller,
      requestId: request.id,
      signal: gone.signal,
    });
    if (!('stream' in answer)) return write(reply, answer);
    reply.hijack();
    streams.hold(reply.raw, { ...SECURITY_HEADERS, 'x-elida-request-id': request.id }, answer.stream);
  };

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...SECURITY_HEADERS, 'x-elida-request-id': request.id });
  });
  app.setErrorHandler((error, request, reply) => fail(error, request, reply));
  app.setNotFoundHandler((request, reply) => fail(new Fault('not_found'), request, reply));

  const mount = (route: Route): void => {
    const callersOf = new WeakMap<FastifyRequest, Caller>();
    app.route({
      method: route.method,
      url: route.url,
      // Before the body is read: a stranger cannot make us buffer it.
      onRequest: async (request) => {
        callersOf.set(request, await enter(knockOf(request), route.access));
      },
      handler: async (request, reply) => {
        await visit(route, request, reply, callersOf.get(request) ?? NOBODY);
        return reply;
      },
      errorHandler: (error, request, reply) => fail(error, request, reply, route.failure),
      onResponse: async (_request, reply) => {
        options.onAnswer?.(route.access, reply.statusCode, reply.elapsedTime);
      },
    });
  };

  return {
    mount: (routes) => routes.forEach(mount),
    listen: (host, port) => app.listen({ host, port }),
    async close() {
      streams.end();
      await app.close();
    },
  };
}
