// Owns: the protocol counters of /proc/net/{snmp,netstat,snmp6,sctp/snmp}, in the kernel's order. Pure.
// Knows nothing of: files, and what the counters mean.

export interface Counter {
  /** The kernel's name: `InSegs`; in snmp6 and SCTP with its section before it: `Ip6InReceives`. */
  readonly name: string;
  /** Exact, whatever its size: a decimal number, with a sign where the kernel prints one. */
  readonly value: string;
}

/** A section; one that comes twice, with others between, is there twice. */
export interface CounterSection {
  readonly name: string;
  readonly counters: readonly Counter[];
}

/** Pairs of lines: `Tcp: Name Name ...` and `Tcp: 1 2 ...` (net/ipv4/proc.c). */
export function parseCounterPairs(text: string): readonly CounterSection[] {
  const lines = text.split('\n');
  const sections: CounterSection[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [title = '', ...names] = (lines[at] ?? '').trim().split(/\s+/);
    const [same, ...values] = (lines[at + 1] ?? '').trim().split(/\s+/);
    if (!title.endsWith(':') || title !== same) continue;
    const counters = names.flatMap((name, place) => {
      const value = values[place];
      return value !== undefined && isNumber(value) ? { name, value } : [];
    });
    sections.push({ name: title.slice(0, -1), counters });
  }
  return sections;
}

/** Lines `Ip6InReceives 29` (net/ipv6/proc.c, net/sctp/proc.c). */
export function parseCounterLines(text: string, sections: readonly string[]): readonly CounterSection[] {
  const found: { name: string; counters: Counter[] }[] = [];
  for (const line of text.split('\n')) {
    const [name = '', value = ''] = line.trim().split(/\s+/);
    const section = sections.find((known) => name.startsWith(known));
    if (section === undefined || !isNumber(value)) continue;
    if (found.at(-1)?.name !== section) found.push({ name: section, counters: [] });
    found.at(-1)?.counters.push({ name, value });
  }
  return found;
}

function isNumber(text: string): boolean {
  return /^-?\d{1,20}$/.test(text);
}
