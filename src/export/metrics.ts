// Owns: all metrics of one run: fed with every refresh, read whenever somebody scrapes or a push is due.
// Knows nothing of: formats and the network.
import type { BudgetReading } from '../model/budget-watch.ts';
import type { Model } from '../model/model.ts';
import { createCounters } from './metric-counters.ts';
import {
  budgetSamples,
  cpuSeconds,
  hostSamples,
  type PushReading,
  pushSamples,
  queueSamples,
  selfSamples,
} from './metric-host.ts';
import { createInterfaceMetrics } from './metric-interfaces.ts';
import { createProgramMetrics, type ProgramLimits } from './metric-programs.ts';
import { createReaders, type MetricsReader } from './metric-readers.ts';
import type { MetricName, Sample } from './metric-table.ts';

/** What is not in a model. */
export interface MetricsExtra {
  readonly pushes?: readonly PushReading[];
  readonly budgets?: readonly BudgetReading[];
}

/** A reader that comes more seldom than others can wait for. */
export type SeldomReader = Pick<MetricsReader, 'name'>;

export interface Metrics {
  /** Every model in turn, the first as early as possible: what it does not hear of it cannot count. */
  add(model: Model): void;
  /** As of the last refresh; at most 2,000. Empty before the first. What is new to a `seldom` reader is 0. */
  samples(extra?: MetricsExtra, seldom?: SeldomReader): readonly Sample[];
  /** Number of the last refresh; 0 before the first. */
  refresh(): number;
  /** Somebody got the samples of a refresh: what was new in them at 0 shows its bytes once all readers have. */
  markRead(reader: MetricsReader, refresh: number): void;
}

export interface MetricsOptions {
  readonly version: string;
  readonly limits?: ProgramLimits;
}

export function createMetrics({ version, limits }: MetricsOptions): Metrics {
  const programs = createProgramMetrics(limits);
  const readers = createReaders();
  const interfaces = createInterfaceMetrics();
  const counters = createCounters();
  const sums = new Map<string, Sample>();
  let latest: Model | undefined;
  let startSeconds = 0;
  let refresh = 0;

  const grow = (metric: MetricName, gained: number, ...labels: readonly string[]): void => {
    const key = `${metric}/${labels.join('/')}`;
    sums.set(key, { metric, labels, value: (sums.get(key)?.value ?? 0) + gained });
  };
  const read = (metric: MetricName, reading: number, ...labels: readonly string[]): void =>
    grow(metric, counters.read(`${metric}/${labels.join('/')}`, reading), ...labels);

  return {
    add(model) {
      if (latest === undefined) startSeconds = (model.timeMs - model.elapsedMs) / 1000;
      const round = {
        refresh: ++refresh,
        readByAll: readers.readByAll(model.elapsedMs),
        readBySeldom: readers.readBySeldom(model.elapsedMs),
        sinceMs: latest?.timeMs ?? startSeconds * 1000,
      };
      latest = model;
      interfaces.add(model.interfaces, model.elapsedMs, round);
      programs.add(model.owners, model.elapsedMs, interfaces.label, round);
      const { total, drops, lost } = model;
      read('nettrace_traffic_bytes_total', total.sentBytes, 'sent');
      read('nettrace_traffic_bytes_total', total.receivedBytes, 'received');
      read('nettrace_traffic_packets_total', total.sentPackets, 'sent');
      read('nettrace_traffic_packets_total', total.receivedPackets, 'received');
      read('nettrace_self_dropped_packets_total', drops.kernel, 'ring');
      read('nettrace_self_dropped_packets_total', drops.interface, 'device');
      read('nettrace_self_dropped_packets_total', drops.table, 'table');
      read('nettrace_self_lost_records_total', lost.records);
      for (const [mode, seconds] of cpuSeconds(model)) grow('nettrace_host_cpu_seconds_total', seconds, mode);
    },
    samples({ pushes = [], budgets = [] } = {}, seldom = undefined) {
      if (latest === undefined) return [];
      const since = seldom === undefined ? undefined : readers.lastOf(seldom.name, latest.elapsedMs);
      const one = (metric: MetricName, value: number, ...labels: readonly string[]): Sample => ({
        metric,
        labels,
        value,
      });
      return [
        one('nettrace_build_info', 1, version),
        one('nettrace_start_time_seconds', startSeconds),
        one('nettrace_refresh_timestamp_seconds', latest.timeMs / 1000),
        ...(latest.covered === undefined ? [] : [one('nettrace_ledger_covered_ratio', latest.covered)]),
        ...hostSamples(latest.host),
        ...queueSamples(latest),
        ...selfSamples(latest),
        ...sums.values(),
        ...interfaces.samples(latest.interfaces, since),
        ...programs.samples(since),
        ...budgets.flatMap(budgetSamples),
        ...pushSamples(pushes),
      ];
    },
    refresh: () => refresh,
    markRead(reader, of) {
      // A number of a run before this one says nothing of it.
      if (latest !== undefined && of <= refresh) readers.read(reader, of, latest.elapsedMs);
    },
  };
}
