// Owns: /etc/services, /etc/protocols, /etc/passwd and /etc/hosts as look-ups; what cannot be read knows no names.
// Knows nothing of: who asks. Names are foreign text and made safe here.
import { readFileSync } from 'node:fs';
import { sanitize } from '../base/sanitize.ts';

/** services(5): the first name of each port and protocol, and the ports of names. */
export interface Services {
  name(port: number, protocol: string): string | undefined;
  port(name: string): number | undefined;
}

export function parseServices(text: string): Services {
  const names = new Map<string, string>();
  const ports = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, place, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const parts = /^(\d{1,5})\/([\w-]+)$/.exec(place ?? '');
    if (!name || !parts) continue;
    const port = Number(parts[1]);
    const key = `${port}/${parts[2]}`;
    if (!names.has(key)) names.set(key, sanitize(name, 64));
    for (const known of [name, ...aliases]) if (!ports.has(known)) ports.set(known, port);
  }
  return {
    name: (port, protocol) => names.get(`${port}/${protocol}`),
    port: (name) => ports.get(name),
  };
}

/** protocols(5): names of IP protocols. */
export function parseProtocols(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, number] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!name || !/^\d{1,3}$/.test(number ?? '')) continue;
    if (!names.has(Number(number))) names.set(Number(number), sanitize(name, 64));
  }
  return names;
}

/** passwd(5): names of users. */
export function parseUsers(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && /^\d{1,10}$/.test(uid ?? '') && !names.has(Number(uid))) names.set(Number(uid), sanitize(name, 64));
  }
  return names;
}

export function readEtc(name: 'services' | 'protocols' | 'passwd' | 'hosts'): string {
  try {
    return readFileSync(`/etc/${name}`, 'utf8');
  } catch {
    return '';
  }
}
