// Owns: whether a request comes from a page or program that may ask here: Host, Origin, Sec-Fetch-Site.
// Knows nothing of: tokens and routes.
import type { IncomingHttpHeaders } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/** Where a request came in. `port` undefined: a unix socket. */
export interface Door {
  readonly scheme: 'http' | 'https';
  readonly port: number | undefined;
  /** Lower-case host names and addresses, IPv6 in brackets. */
  readonly hosts: readonly string[];
  /** Names that a proxy before us is asked by: on any port, and maybe over TLS. */
  readonly names: readonly string[];
}

/**
 * DNS rebinding: a foreign name that was pointed here says so in Host. Other sites' pages say who they are in Origin and
 * Sec-Fetch-Site, which no script can change (Fetch Metadata, W3C).
 * @param hosts how many headers Host there are; `headers` has the first
 */
export function refusalOf(headers: IncomingHttpHeaders, door: Door, hosts = 1): Refusal | undefined {
  // RFC 9112, 3.2: what stands between us and the client may have looked at another one.
  if (hosts > 1) return { status: 400, error: 'a request has one Host' };
  const host = headers.host?.toLowerCase() ?? '';
  if (!isOurs(host, door)) return { status: 421, error: 'this host name is not served here; see --host' };
  const { origin } = headers;
  if (origin !== undefined && !originsOf(host, door).includes(origin.toLowerCase())) {
    return { status: 403, error: 'pages of other origins may not ask here' };
  }
  const site = headers['sec-fetch-site'];
  const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates) {
    return { status: 403, error: 'pages of other sites may not ask here' };
  }
  return undefined;
}

/** Where the target of the request says itself whose it is: then that counts, and must pass as Host must (RFC 9112, 3.2.2). */
export function refusalOfSite(
  { scheme, host }: { readonly scheme: string; readonly host: string },
  headers: IncomingHttpHeaders,
  door: Door,
): Refusal | undefined {
  if (scheme !== door.scheme) return { status: 421, error: `${scheme} is not served here` };
  return refusalOf({ ...headers, host }, door);
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/;

function originsOf(host: string, { scheme, names }: Door): readonly string[] {
  const isNamed = names.includes(HOST.exec(host)?.[1] ?? '');
  return isNamed ? [`http://${host}`, `https://${host}`] : [`${scheme}://${host}`];
}

function isOurs(host: string, { scheme, port, hosts, names }: Door): boolean {
  const match = HOST.exec(host);
  if (match === null) return false;
  if (names.includes(match[1] ?? '')) return true;
  if (!hosts.includes(match[1] ?? '')) return false;
  if (port === undefined) return true;
  return Number(match[2] ?? (scheme === 'https' ? 443 : 80)) === port;
}
