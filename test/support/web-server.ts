// Owns: a server for tests of the page: its files, a token, and snapshots that the test sends, under the service's CSP.
// Knows nothing of: browsers, and how snapshots are made in the product.
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export const TOKEN = 'token-of-this-test';

export interface WebServer {
  readonly port: number;
  send(snapshot: unknown): void;
  /** An event of the service; kept and sent again as the service does. */
  tell(event: { readonly id: number } & Readonly<Record<string, unknown>>): void;
  readers(): number;
  /** What each stream was opened with as Last-Event-ID, the newest last. */
  resumed(): readonly (string | undefined)[];
  /** Values of a key of the questions to the history, the newest last. */
  asked(key: string): readonly (string | null)[];
  close(): Promise<void>;
}

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @param history every answer to a question to the history, or a function of the question */
export async function startWebServer(root: string, history: unknown, port = 0): Promise<WebServer> {
  const streams = new Set<ServerResponse>();
  const questions: URLSearchParams[] = [];
  const resumed: (string | undefined)[] = [];
  const events: { readonly id: number; readonly text: string }[] = [];
  let latest = '';
  const server = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (!path.startsWith('/api/')) {
      const name = path === '/' ? 'index.html' : path.slice(1);
      const vendor = name.startsWith('vendor/uplot/');
      const file = vendor ? join(root, 'node_modules/uplot/dist', name.slice(13)) : join(root, 'web', name);
      response.setHeader('Content-Security-Policy', CSP).setHeader('Content-Type', TYPES[extname(file)] ?? '');
      response.end(readFileSync(file));
      return;
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end('{}');
    response.setHeader('Content-Type', 'application/json');
    if (path === '/api/v1/history') {
      questions.push(searchParams);
      const answer = typeof history === 'function' ? history(searchParams) : history;
      response.end(JSON.stringify({ ...answer, by: searchParams.get('by') }));
      return;
    }
    if (path !== '/api/v1/events') return void response.end(JSON.stringify({ token: TOKEN }));
    response.setHeader('Content-Type', 'text/event-stream').write('retry: 2000\n\n');
    const after = request.headers['last-event-id'] as string | undefined;
    resumed.push(after);
    for (const { id, text } of events) if (id > Number(after ?? 0)) response.write(text);
    if (latest !== '') response.write(latest);
    streams.add(response);
    response.on('close', () => streams.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    send(snapshot) {
      latest = `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`;
      for (const stream of streams) stream.write(latest);
    },
    tell(event) {
      const text = `event: event\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
      events.push({ id: event.id, text });
      for (const stream of streams) stream.write(text);
    },
    readers: () => streams.size,
    resumed: () => resumed,
    asked: (key) => questions.map((one) => one.get(key)),
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
