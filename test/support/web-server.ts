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
  readers(): number;
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

export async function startWebServer(root: string, history: unknown, port = 0): Promise<WebServer> {
  const streams = new Set<ServerResponse>();
  const questions: URLSearchParams[] = [];
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
      response.end(JSON.stringify({ ...(history as object), by: searchParams.get('by') }));
      return;
    }
    if (path !== '/api/v1/events') return void response.end(JSON.stringify({ token: TOKEN }));
    response.setHeader('Content-Type', 'text/event-stream').write('retry: 2000\n\n');
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
    readers: () => streams.size,
    asked: (key) => questions.map((one) => one.get(key)),
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
