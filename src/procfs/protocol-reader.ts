// Owns: one reading of the protocol counters after the other, with the first of them.
// Knows nothing of: what the counters mean.
import { type CounterSection, parseCounterLines, parseCounterPairs } from './net-counters.ts';

export interface ProtocolReading {
  readonly sections: readonly CounterSection[];
  /** Those of the first reading. */
  readonly first: readonly CounterSection[];
}

const SECTIONS6 = ['Ip6', 'Icmp6', 'UdpLite6', 'Udp6'] as const;

/** @param read a file below /proc. A file that the kernel does not have has no counters. About 0.3 ms a reading. */
export function createProtocolReader(read: (path: string) => string | undefined): () => ProtocolReading {
  let first: readonly CounterSection[] | undefined;
  return () => {
    const sections = [
      ...parseCounterPairs(read('self/net/snmp') ?? ''),
      ...parseCounterPairs(read('self/net/netstat') ?? ''),
      ...parseCounterLines(read('self/net/snmp6') ?? '', SECTIONS6),
    ];
    first ??= sections;
    return { sections, first };
  };
}
