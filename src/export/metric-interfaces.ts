// Owns: interfaces and their ledgers as samples, and which of many interfaces have series of their own.
// Knows nothing of: programs and the host.
import type { BothWays } from '../model/ledger.ts';
import type { InterfaceRow } from '../model/model.ts';
import { createCounters } from './metric-counters.ts';
import type { MetricName, Sample } from './metric-table.ts';

/** Hosts with containers have hundreds of them; what does not get a name of its own is `other`. */
export const MOST_INTERFACES = 16;
const OTHER = 'other';

type Sums = Map<string, { readonly metric: MetricName; readonly labels: readonly string[]; value: number }>;

export interface InterfaceMetrics {
  add(rows: readonly InterfaceRow[]): void;
  /** The name under which an interface is shown, for good. */
  label(name: string): string;
  samples(rows: readonly InterfaceRow[]): readonly Sample[];
}

/** The first ones by bytes keep their names while nettrace runs; a name that is free again is given to a later one. */
export function createInterfaceMetrics(most: number = MOST_INTERFACES): InterfaceMetrics {
  const counters = createCounters();
  const named = new Set<string>();
  const sums: Sums = new Map();
  const label = (name: string): string => {
    if (named.has(name)) return name;
    if (named.size >= most) return OTHER;
    named.add(name);
    return name;
  };
  const read = (metric: MetricName, source: string, reading: number, ...labels: readonly string[]): void => {
    const key = `${metric}/${labels.join('/')}`;
    const gained = counters.read(`${metric}/${labels.at(-1)}/${source}`, reading);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { metric, labels, value: gained });
    else sum.value += gained;
  };
  return {
    label,
    add(rows) {
      counters.begin();
      const byBytes = [...rows].sort((a, b) => b.sentBytes + b.receivedBytes - a.sentBytes - a.receivedBytes);
      for (const row of byBytes) {
        const name = label(row.name);
        // A device that was made anew under its old name has another slot.
        const source = `${row.slot}/${row.name}`;
        for (const [direction, ways] of [
          ['sent', 'sentBytes'],
          ['received', 'receivedBytes'],
        ] as const) {
          read('nettrace_interface_bytes_total', source, row[ways], name, direction);
          read('nettrace_interface_recovered_bytes_total', source, row.recovered[ways], name, direction);
          read('nettrace_interface_device_bytes_total', source, row.counters[ways], name, direction);
        }
        read('nettrace_interface_packets_total', source, row.sentPackets, name, 'sent');
        read('nettrace_interface_packets_total', source, row.receivedPackets, name, 'received');
        read('nettrace_interface_dropped_packets_total', source, row.kernelDrops, name, 'ring');
        read('nettrace_interface_dropped_packets_total', source, row.interfaceDrops, name, 'device');
      }
      counters.end(() => {});
    },
    samples: (rows) => [...sums.values(), ...speedSamples(rows, label), ...ledgerSamples(rows, label)],
  };
}

/** Only of interfaces with a name: what many links carry together says nothing. */
function speedSamples(rows: readonly InterfaceRow[], label: (name: string) => string): readonly Sample[] {
  return rows.flatMap(({ name, speed }) =>
    speed === undefined || label(name) !== name
      ? []
      : [{ metric: 'nettrace_interface_speed_bytes', labels: [name], value: speed }],
  );
}

function ledgerSamples(rows: readonly InterfaceRow[], label: (name: string) => string): readonly Sample[] {
  const sums: Sums = new Map();
  const up = new Map<string, number>();
  const put = (name: string, part: string, { sentBytes, receivedBytes }: BothWays): void => {
    for (const [direction, value] of [
      ['sent', sentBytes],
      ['received', receivedBytes],
    ] as const) {
      const key = `${name}/${part}/${direction}`;
      const sum = sums.get(key);
      if (sum !== undefined) sum.value += value;
      else sums.set(key, { metric: 'nettrace_ledger_bytes', labels: [name, part, direction], value });
    }
  };
  for (const row of rows) {
    const name = label(row.name);
    const capturing = row.state === 'capturing' ? 1 : 0;
    up.set(name, Math.max(up.get(name) ?? 0, capturing));
    for (const part of row.ledger.parts) put(name, part.kind, part);
    const { cut } = row.ledger;
    if (cut === undefined) continue;
    put(name, 'dropped', cut.dropped);
    put(name, 'residual', cut.residual);
  }
  const ups = [...up].map(([name, value]): Sample => ({ metric: 'nettrace_interface_up', labels: [name], value }));
  return [...ups, ...sums.values()];
}
