// Owns: endpoints as netstat writes them: with or without names, brackets, zones, cut or whole.
// Knows nothing of: where names come from, and the rest of a row.
import { addressText, isUnspecified, isV4Mapped } from '../base/ip-text.ts';
import type { InetSockets } from '../native/socket-table.ts';

/** Names of hosts, ports, users and devices, as far as they are known. Everything in it is safe to show. */
export interface Names {
  /** @param address as addressText writes it */
  host(address: string): string | undefined;
  /** @param protocol `tcp`, `udp`, `udplite`, `sctp`; `raw`: the port is an IP protocol. */
  service(port: number, protocol: string): string | undefined;
  user(uid: number): string | undefined;
  device(index: number): string | undefined;
}

export interface AddressForm {
  readonly names: Names;
  /** Compat: addresses are left whole. */
  readonly wide: boolean;
  readonly numericHosts: boolean;
  readonly numericPorts: boolean;
  /** net-tools' form: no brackets, no zone. */
  readonly compat: boolean;
}

const BYTES = Array.from({ length: 256 }, (_, value) => String(value));

/** The text of the address in row `row`; IPv4 by a table, because a listing has tens of thousands. */
export function rowAddress(bytes: Uint8Array, row: number): string {
  const at = row * 16;
  if (bytes[at + 11] === 0xff && isV4Mapped(bytes, at)) {
    return `${BYTES[bytes[at + 12] ?? 0]}.${BYTES[bytes[at + 13] ?? 0]}.${BYTES[bytes[at + 14] ?? 0]}.${BYTES[bytes[at + 15] ?? 0]}`;
  }
  return addressText(bytes, at);
}

/** `host` and `port` apart. */
export interface EndpointText {
  readonly host: string;
  readonly port: string;
}

export function localEndpoint(sockets: InetSockets, row: number, protocol: string, form: AddressForm): EndpointText {
  const port = portText(sockets.localPort[row] ?? 0, protocol, form);
  return { host: hostText(sockets, row, sockets.local, form), port };
}

export function remoteEndpoint(sockets: InetSockets, row: number, protocol: string, form: AddressForm): EndpointText {
  const port = portText(sockets.remotePort[row] ?? 0, protocol, form);
  return { host: hostText(sockets, row, sockets.remote, form), port };
}

/** `host:port`, cut as net-tools does where the form says so. */
export function localText(sockets: InetSockets, row: number, protocol: string, form: AddressForm): string {
  const host = hostText(sockets, row, sockets.local, form);
  return joinEndpoint(host, portText(sockets.localPort[row] ?? 0, protocol, form), form);
}

export function remoteText(sockets: InetSockets, row: number, protocol: string, form: AddressForm): string {
  const host = hostText(sockets, row, sockets.remote, form);
  return joinEndpoint(host, portText(sockets.remotePort[row] ?? 0, protocol, form), form);
}

function hostText(sockets: InetSockets, row: number, addresses: Uint8Array, form: AddressForm): string {
  const address = rowAddress(addresses, row);
  const wildcard = isUnspecified(addresses, row * 16);
  if (!form.numericHosts && !wildcard) {
    const name = form.names.host(address);
    if (name !== undefined) return name;
  }
  if (!address.includes(':')) return address;
  if (form.compat) return wildcard && !form.numericHosts ? `[${address}]` : address;
  const zone = isLinkLocal(addresses, row * 16) ? deviceOf(sockets, row, form.names) : undefined;
  return zone === undefined ? `[${address}]` : `[${address}%${zone}]`;
}

/** The device that a socket is bound to. In another network namespace its index means another device: no name is known. */
export function deviceOf(sockets: InetSockets, row: number, names: Names): string | undefined {
  const index = sockets.interface[row] ?? 0;
  if (index === 0) return undefined;
  return sockets.namespace[row] ? `if${index}` : names.device(index);
}

function portText(port: number, protocol: string, form: AddressForm): string {
  if (port === 0) return '*';
  return (form.numericPorts ? undefined : form.names.service(port, protocol)) ?? String(port);
}

/** fe80::/10 and ff02::/16: an address that means something only with its zone. */
export function isLinkLocal(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  return (first === 0xfe && (second & 0xc0) === 0x80) || (first === 0xff && (second & 0x0f) === 2);
}

const COMPAT_WIDTH = 22;
const COMPAT_PORT = 18;

/** net-tools cuts to 22 characters before the colon is counted, first the address. */
function joinEndpoint(host: string, port: string, form: AddressForm): string {
  if (!form.compat || form.wide || host.length + port.length <= COMPAT_WIDTH) return `${host}:${port}`;
  const shownPort = port.slice(0, COMPAT_PORT);
  return `${host.slice(0, COMPAT_WIDTH - shownPort.length)}:${shownPort}`;
}
