// Owns: numbers for the hosts at the other ends of flows, so that thousands are told apart without the text of each.
// Knows nothing of: names, counters and who asks.
import { ADDRESS_LENGTH, isV4Mapped } from '../base/ip-text.ts';

/** Hosts are numbered from 0 on, in the order in which flows first name them. */
export interface Remotes {
  readonly count: number;
  /** The number of the host by flow. */
  readonly of: Int32Array;
}

/** @param name what tells the host at the other end of a flow from all others */
export function numberHosts(flows: number, name: (at: number) => string | number): Remotes {
  const numbers = new Map<string | number, number>();
  const of = new Int32Array(flows);
  for (let at = 0; at < flows; at++) {
    const host = name(at);
    const known = numbers.get(host);
    of[at] = known ?? numbers.size;
    if (known === undefined) numbers.set(host, numbers.size);
  }
  return { count: numbers.size, of };
}

/** Of a column of addresses: IPv4 by its number, IPv6 by its units as characters; both are cheaper than what people read. */
export function numberAddresses(addresses: Uint8Array): Remotes {
  const view = new DataView(addresses.buffer, addresses.byteOffset, addresses.byteLength);
  return numberHosts(addresses.length / ADDRESS_LENGTH, (at) => {
    const from = at * ADDRESS_LENGTH;
    if (isV4Mapped(addresses, from)) return view.getUint32(from + ADDRESS_LENGTH - 4);
    const unit = (i: number) => view.getUint16(from + 2 * i);
    return String.fromCharCode(unit(0), unit(1), unit(2), unit(3), unit(4), unit(5), unit(6), unit(7));
  });
}
