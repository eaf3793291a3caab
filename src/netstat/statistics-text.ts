// Owns: protocol counters as net-tools' sentences.
// Knows nothing of: where the counters are read.
import type { CounterSection } from '../procfs/net-counters.ts';
import type { Protocols } from './options.ts';
import { HIDDEN, HISTOGRAMS, SENTENCES } from './statistics-sentences.ts';

const INDENT = 4;
const HISTOGRAM_INDENT = 8;

/** Which sections -t, -u, -U, -S and -w mean. */
const SECTIONS: Readonly<Record<string, keyof Protocols>> = {
  Ip: 'raw',
  Icmp: 'raw',
  Ip6: 'raw',
  Icmp6: 'raw',
  Tcp: 'tcp',
  TcpExt: 'tcp',
  Udp: 'udp',
  Udp6: 'udp',
  Sctp: 'sctp',
};
/** net-tools shows these whatever was chosen. */
const SECTIONS_MISSED: Readonly<Record<string, keyof Protocols>> = {
  IcmpMsg: 'raw',
  IpExt: 'raw',
  MPTcpExt: 'tcp',
  UdpLite: 'udplite',
  UdpLite6: 'udplite',
};

/** Whether a section is shown. Compat: those that net-tools does not know cannot be left out. */
export function showsSection(name: string, protocols: Protocols, compat: boolean): boolean {
  if (!Object.values(protocols).some(Boolean)) return true;
  const protocol = SECTIONS[name] ?? (compat ? undefined : SECTIONS_MISSED[name]);
  return protocol === undefined || protocols[protocol];
}

export function renderStatistics(sections: readonly CounterSection[], protocols: Protocols, compat: boolean): string {
  let text = '';
  let indent = INDENT;
  for (const { name: section, counters } of sections) {
    if (!showsSection(section, protocols, compat)) {
      indent = INDENT;
      continue;
    }
    text += `${section}:\n`;
    // net-tools keeps the indent of the line before; it should be that of the section.
    if (!compat) indent = section === 'IcmpMsg' ? HISTOGRAM_INDENT : INDENT;
    for (const { name, value } of counters) {
      const title = HISTOGRAMS[`${section}.${name}`];
      if (title !== undefined) {
        text += `${' '.repeat(compat ? indent : INDENT)}${title}\n`;
        indent = HISTOGRAM_INDENT;
      }
      if (HIDDEN.has(name)) continue;
      const sentence = SENTENCES[section]?.[name];
      if (sentence === undefined) {
        if (Number(value) !== 0) text += `${' '.repeat(indent)}${unknownCounter(section, name, value, compat)}\n`;
        continue;
      }
      if (Number(value) === 0 && sentence.when !== 'always') continue;
      indent = sentence.when === 'histogram' ? HISTOGRAM_INDENT : INDENT;
      text += `${' '.repeat(indent)}${sentence.text.replace('%', value)}\n`;
    }
  }
  return text;
}

/** RFC 4293: ipIpForwarding is 1 for a router, 2 for a host. */
function unknownCounter(section: string, name: string, value: string, compat: boolean): string {
  if (!compat && section === 'Ip' && name === 'Forwarding') {
    return `Forwarding: ${value === '1' ? 'enabled' : 'disabled'}`;
  }
  return `${name}: ${value}`;
}
