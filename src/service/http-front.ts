// Owns: the way of a request: limits, Host, method, route, token, in this order; and the headers of every answer.
// Knows nothing of: what a route tells and how a process came by its sockets.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { gzip } from 'node:zlib';
import { type Door, refusalOf, refusalOfSite } from './access.ts';
import type { CollectorError, CollectorLink } from './collector-link.ts';
import { type Connections, createConnections } from './connections.ts';
import { createEventStreams } from './event-stream.ts';
import { METRICS_PATH } from './metrics-route.ts';
import { createRateLimit } from './rate-limit.ts';
import { HEADERS, ONLY_READING, type ParserError, rawRefusal, refusalOfBytes } from './raw-refusal.ts';
import { readTarget } from './request-target.ts';
import { errorReply, jsonReply, type Reply, type Route } from './routes.ts';
import { createScrapers } from './scrapers.ts';
import type { Tokens } from './tokens.ts';

export interface FrontParts {
  readonly routes: readonly Route[];
  readonly link: CollectorLink;
  readonly tokens: Tokens;
  readonly now: () => number;
}

export interface HttpFront {
  /** A server for one listening socket; the caller makes it listen. */
  serve(door: Door, tls: { readonly cert: string; readonly key: string } | undefined): Server;
  close(): void;
}

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  requireHostHeader: false,
} as const;
const MOST_CONNECTIONS = 64;
const SOCKET_LIMIT_MS = 10_000;
/** While an answer is made, which the collector may take 30 seconds for (the doctor), nothing moves. */
const ANSWER_LIMIT_MS = 35_000;
const REQUESTS_A_SECOND = 20;
/** A page comes with its files at once. */
const BURST = 60;
const LEAST_ZIPPED = 1024;

export const EVENTS_PATH = '/api/v1/events';
export const SESSION_PATH = '/api/v1/session';

export function createHttpFront({ routes, link, tokens, now }: FrontParts): HttpFront {
  const table = new Map(routes.map((route) => [route.path, route]));
  const streams = createEventStreams(link, now);
  const mayAsk = createRateLimit(REQUESTS_A_SECOND, BURST);
  const scrapers = createScrapers();

  const handle = async (request: IncomingMessage, response: ServerResponse, door: Door, connections: Connections) => {
    const token = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const known = token !== '' && tokens.accepts(token);
    if (known) connections.trust(request.socket);
    // Those who have no token share what they may ask among themselves: they cannot use up what is for the others.
    const peer = request.socket.remoteAddress ?? 'unix';
    if (!mayAsk(known ? `token ${peer}` : peer, now())) {
      response.setHeader('Retry-After', '1');
      return errorReply(429, 'too many requests; at most 20 a second');
    }
    const { site, path, search } = readTarget(request.url ?? '');
    const refusal =
      refusalOf(request.headers, door, request.headersDistinct['host']?.length) ??
      (site && refusalOfSite(site, request.headers, door));
    if (refusal !== undefined) return errorReply(refusal.status, refusal.error);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return errorReply(405, ONLY_READING);
    }
    if (request.headers.expect !== undefined) return errorReply(417, 'nothing is expected here: a request has no body');
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
      return errorReply(413, 'a request has no body here');
    }
    if (path === SESSION_PATH) {
      const session = tokens.session(token);
      return session === undefined ? unauthorised(response) : jsonReply(session);
    }
    const route = table.get(path);
    const isStream = path === EVENTS_PATH;
    if (route === undefined && !isStream) return errorReply(404, 'there is nothing at this path');
    if ((isStream || route?.access === 'token') && !known) return unauthorised(response);
    if (route === undefined) return openStream(request, response);
    request.socket.setTimeout(ANSWER_LIMIT_MS);
    const reads = path === METRICS_PATH && request.method === 'GET';
    const reader = reads ? scrapers.readerOf(request) : undefined;
    if (reads) response.once('finish', () => scrapers.keep(request.socket));
    return route.reply({ query: new URLSearchParams(search), accept: request.headers.accept, reader, link });
  };

  const openStream = (request: IncomingMessage, response: ServerResponse): Reply | undefined => {
    if (request.method === 'HEAD') return { status: 200, body: '', type: 'text/event-stream' };
    setHeaders(response);
    response.setHeader('Content-Type', 'text/event-stream');
    const lastId = Number(request.headers['last-event-id'] ?? 0) || 0;
    request.socket.setTimeout(0);
    if (streams.open(response, lastId)) return undefined;
    return errorReply(503, 'there are 8 readers of events already');
  };

  return {
    serve(door, tls) {
      const connections = createConnections(MOST_CONNECTIONS);
      const listener = (request: IncomingMessage, response: ServerResponse) => {
        response.on('error', () => {});
        handle(request, response, door, connections)
          .catch((error: unknown) => replyOfError(error))
          .then((reply) => reply && send(request, response, reply))
          .catch(() => response.destroy());
      };
      const server =
        tls === undefined
          ? createServer(LIMITS, listener)
          : createTlsServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: SOCKET_LIMIT_MS }, listener);
      server.on('connection', connections.admit);
      server.setTimeout(SOCKET_LIMIT_MS);
      server.on('clientError', (error: NodeJS.ErrnoException & ParserError, socket) => {
        if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy();
        socket.end(refusalOfBytes(error));
        return undefined;
      });
      // Neither a tunnel nor an upgrade is ever made.
      const refuse = (socket: Socket, text: string) => {
        socket.on('error', () => {}).setTimeout(SOCKET_LIMIT_MS, () => socket.destroy());
        socket.end(text);
      };
      server.on('connect', ({ socket }) => refuse(socket, rawRefusal(405, ONLY_READING)));
      server.on('upgrade', ({ socket }) => refuse(socket, rawRefusal(400, 'nothing but HTTP/1.1 is spoken here')));
      // Instead of Node's own answers, which say nothing.
      server.on('checkContinue', listener).on('checkExpectation', listener);
      return server;
    },
    close: () => streams.close(),
  };
}

function unauthorised(response: ServerResponse): Reply {
  response.setHeader('WWW-Authenticate', 'Bearer');
  return errorReply(401, 'a token is needed: "Authorization: Bearer TOKEN", where TOKEN is in the token file');
}

/** What a collector says is a CollectorError; anything else is a fault of ours, which is told without its text. */
function replyOfError(error: unknown): Reply {
  const said = error as Partial<CollectorError> | undefined;
  if (typeof said?.status === 'number' && typeof said.error === 'string') return errorReply(said.status, said.error);
  return errorReply(500, 'a fault in nettrace');
}

function setHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  if (response.destroyed || response.headersSent) return;
  request.socket.setTimeout(SOCKET_LIMIT_MS);
  setHeaders(response);
  response.setHeader('Content-Type', reply.type);
  response.setHeader('Vary', 'Accept-Encoding');
  const whole = Buffer.from(reply.body);
  const zipped = whole.length >= LEAST_ZIPPED && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  const body = zipped ? await zip(whole) : whole;
  response.setHeader('Content-Length', body.length);
  response.statusCode = reply.status;
  // What else comes on a connection whose request was refused may be the rest of that request.
  if (reply.status >= 400) response.setHeader('Connection', 'close');
  response.end(request.method === 'HEAD' ? undefined : body);
}

function zip(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: 1 }, (error, zipped) => (error ? reject(error) : resolve(zipped)));
  });
}
