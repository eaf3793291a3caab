// Owns: what a path of the HTTP interface is, and finding the one that is asked for.
// Knows nothing of: sockets, tokens and limits: a route is asked only after all of them were checked.

import type { CollectorLink } from './collector-link.ts';
import type { Scrape } from './scrapers.ts';

export interface Reply {
  readonly status: number;
  /** Sanitised text, or a file's bytes. */
  readonly body: string | Uint8Array;
  readonly type: string;
}

export interface RouteRequest {
  readonly query: URLSearchParams;
  /** Header Accept. */
  readonly accept: string | undefined;
  /** Who asks for metrics, told apart from other readers; undefined: for a HEAD, which reads nothing, and other paths. */
  readonly reader: Scrape | undefined;
  /** The last snapshot, and questions to the collector. */
  readonly link: CollectorLink;
}

/** One exact path, for GET and HEAD. */
export interface Route {
  readonly path: string;
  /** `public` needs no token: it must tell nothing about the host. */
  readonly access: 'public' | 'token';
  /** A sentence without its full stop, for the OpenAPI document. */
  readonly summary: string;
  readonly reply: (request: RouteRequest) => Reply | Promise<Reply>;
}

export function jsonReply(value: unknown, status = 200): Reply {
  return textReply(`${JSON.stringify(value)}\n`, status);
}

/** A text that is JSON already. */
export function textReply(body: string, status = 200, type = 'application/json; charset=utf-8'): Reply {
  return { status, body, type };
}

/** Every refusal has this shape: a sentence that says what is wrong. */
export function errorReply(status: number, error: string): Reply {
  return jsonReply({ error }, status);
}
