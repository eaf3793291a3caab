// Owns: the names of snapshots' flows: what the remote end was called on the wire, and protocols by number.
// Knows nothing of: rows.
import { NAME_SOURCES } from '../native/schema.ts';
import type { SnapshotView } from '../native/snapshot-view.ts';

/** Names of IP protocol numbers (IANA, Assigned Internet Protocol Numbers), lower case. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  136: 'udplite',
};

/** The name of an IP protocol, else `proto-N`. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `proto-${protocol}`;
}

/** What the remote end of a flow was called on the wire. */
export function wireNameOf({ flows, names, text }: SnapshotView, row: number): string | undefined {
  const name = flows.name[row] ?? 0;
  return name === 0 ? undefined : text(names.name[name - 1] ?? 0);
}

/** How that name was learned. */
export function wireSourceOf({ flows, names }: SnapshotView, row: number) {
  return NAME_SOURCES[names.source[(flows.name[row] ?? 0) - 1] ?? 0];
}
