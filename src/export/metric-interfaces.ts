// Owns: interfaces and their ledgers as samples, and which of many interfaces have series of their own.
// Knows nothing of: programs and the host.
import type { BothWays } from '../model/ledger.ts';
import type { InterfaceRow } from '../model/model.ts';
import { createCounters } from './metric-counters.ts';
import { createDeviceGains } from './metric-devices.ts';
import { isReadByAll, isTold, type Life, NOBODY_READS, type Round } from './metric-readers.ts';
import type { MetricName, Sample } from './metric-table.ts';

/** Hosts with containers have hundreds of them; what does not get a name of its own is `other`. */
export const MOST_INTERFACES = 16;
/** An interface that is gone for so long gives its name to a later one. */
const GONE_MS = 300_000;
const OTHER = 'other';

export interface InterfaceMetrics {
  add(rows: readonly InterfaceRow[], nowMs: number, round?: Round): void;
  /** The name under which an interface is shown from now on. */
  label(name: string): string;
  /** @param since as of programs */
  samples(rows: readonly InterfaceRow[], since?: number): readonly Sample[];
}

/** The series of one name. */
interface Named extends Life {
  readonly sums: Map<string, { readonly metric: MetricName; readonly labels: readonly string[]; value: number }>;
  readonly startMs: number;
  shown: boolean;
  changed: number;
  /** When it was there last. */
  seenMs: number;
}

/**
 * The first ones by bytes have names of their own as long as they are there. As with programs, the series of a name that
 * comes are 0 until all readers have read them so, and none goes before all have read its end.
 */
export function createInterfaceMetrics(most: number = MOST_INTERFACES): InterfaceMetrics {
  const counters = createCounters();
  const deviceGains = createDeviceGains();
  const names = new Map<string, Named>();
  let round = NOBODY_READS;
  let now = 0;
  const create = (name: string): Named => {
    const { refresh, readByAll, sinceMs } = round;
    const shown = refresh <= readByAll;
    const made = { sums: new Map(), born: refresh, startMs: sinceMs, shown, changed: refresh, seenMs: now };
    names.set(name, made);
    return made;
  };
  const label = (name: string): string => {
    if (names.has(name)) return name;
    if (names.size - (names.has(OTHER) ? 1 : 0) >= most) return OTHER;
    create(name);
    return name;
  };
  /** One that is gone gets no name any more. */
  const labelOf = (row: InterfaceRow): string =>
    row.state !== 'gone' ? label(row.name) : names.has(row.name) ? row.name : OTHER;
  const grow = (metric: MetricName, gained: number, ...labels: readonly [string, string]): void => {
    const of = names.get(labels[0]) ?? create(labels[0]);
    const key = `${metric}/${labels[1]}`;
    const sum = of.sums.get(key);
    if (sum === undefined) of.sums.set(key, { metric, labels, value: gained });
    else sum.value += gained;
    if (gained > 0) of.changed = round.refresh;
  };
  const settle = (rows: readonly InterfaceRow[]): void => {
    const there = new Set(rows.flatMap(({ name, state }) => (state === 'gone' ? [] : [name])));
    for (const [name, of] of names) {
      if (!of.shown && of.born <= round.readByAll) {
        of.shown = true;
        of.changed = round.refresh;
      }
      if (there.has(name) || name === OTHER) of.seenMs = now;
      else if (now - of.seenMs >= GONE_MS && isReadByAll(of, round)) names.delete(name);
    }
  };
  return {
    label,
    add(rows, nowMs, at = NOBODY_READS) {
      round = at;
      now = nowMs;
      settle(rows);
      counters.begin();
      const byBytes = [...rows].sort((a, b) => b.sentBytes + b.receivedBytes - a.sentBytes - a.receivedBytes);
      for (const row of byBytes) {
        const name = labelOf(row);
        const read = (metric: MetricName, reading: number, by: string) =>
          grow(metric, counters.read(`${metric}/${by}/${row.slot}/${row.name}`, reading), name, by);
        const device = deviceGains(row);
        for (const [direction, ways] of [
          ['sent', 'sentBytes'],
          ['received', 'receivedBytes'],
        ] as const) {
          read('nettrace_interface_bytes_total', row[ways], direction);
          read('nettrace_interface_recovered_bytes_total', row.recovered[ways], direction);
          grow('nettrace_interface_device_bytes_total', device[ways], name, direction);
        }
        read('nettrace_interface_packets_total', row.sentPackets, 'sent');
        read('nettrace_interface_packets_total', row.receivedPackets, 'received');
        read('nettrace_interface_dropped_packets_total', row.kernelDrops, 'ring');
        read('nettrace_interface_dropped_packets_total', row.interfaceDrops, 'device');
      }
      counters.end(() => {});
    },
    samples(rows, since) {
      const all: Sample[] = [];
      for (const of of names.values()) {
        const told = isTold(of, since);
        for (const { metric, labels, value } of of.sums.values()) {
          all.push({ metric, labels, value: told ? value : 0, startMs: of.startMs });
        }
      }
      return [...all, ...speedSamples(rows, labelOf), ...ledgerSamples(rows, labelOf)];
    },
  };
}

/** Only of interfaces with a name: what many links carry together says nothing. */
function speedSamples(rows: readonly InterfaceRow[], labelOf: (row: InterfaceRow) => string): readonly Sample[] {
  return rows.flatMap((row) =>
    row.speed === undefined || labelOf(row) !== row.name
      ? []
      : [{ metric: 'nettrace_interface_speed_bytes', labels: [row.name], value: row.speed }],
  );
}

function ledgerSamples(rows: readonly InterfaceRow[], labelOf: (row: InterfaceRow) => string): readonly Sample[] {
  const sums = new Map<string, { metric: MetricName; labels: readonly string[]; value: number }>();
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
    const name = labelOf(row);
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
