// Owns: every metric as data: its name, type, unit, labels and help; docs/metrics.md is made from it.
// Knows nothing of: where values come from and how they are written down.

/** `info`: always 1, its labels are what it says. */
export type MetricType = 'counter' | 'gauge' | 'info';

export interface Metric {
  readonly type: MetricType;
  /** Part of the name, as OpenMetrics wants it; undefined for plain counts. */
  readonly unit?: 'bytes' | 'seconds' | 'ratio';
  /** In the order of a sample's values. */
  readonly labels: readonly string[];
  /** One sentence without quotes and line breaks. */
  readonly help: string;
}

const counter = (help: string, labels: readonly string[] = [], unit?: Metric['unit']): Metric =>
  unit === undefined ? { type: 'counter', labels, help } : { type: 'counter', labels, help, unit };
const gauge = (help: string, labels: readonly string[] = [], unit?: Metric['unit']): Metric =>
  unit === undefined ? { type: 'gauge', labels, help } : { type: 'gauge', labels, help, unit };

const PROGRAM = ['program', 'user', 'unit', 'container', 'interface', 'direction'] as const;

/** By the name as Prometheus has it: counters end in `_total`. */
export const METRICS = {
  nettrace_build_info: { type: 'info', labels: ['version'], help: 'Version of nettrace.' },
  nettrace_host_info: { type: 'info', labels: ['hostname'], help: 'Name of the host.' },
  nettrace_start_time_seconds: gauge('When counting began, since 1970: all counters start at 0 then.', [], 'seconds'),
  nettrace_refresh_timestamp_seconds: gauge('When the values were read, since 1970.', [], 'seconds'),
  nettrace_traffic_bytes_total: counter(
    'Wire bytes of all owners, a packet that crosses several interfaces once.',
    ['direction'],
    'bytes',
  ),
  nettrace_traffic_packets_total: counter('Packets of all owners, each once.', ['direction']),
  nettrace_program_bytes_total: counter(
    'Wire bytes of a program; program "other" is what has no series of its own.',
    PROGRAM,
    'bytes',
  ),
  nettrace_program_packets_total: counter('Packets of a program.', PROGRAM),
  nettrace_program_series_left_out: gauge('Programs with traffic that are counted in "other" now.'),
  nettrace_interface_up: gauge('1 while the interface is captured.', ['interface']),
  nettrace_interface_speed_bytes: gauge(
    'What the link carries each way in a second, as its driver says; no sample where it does not know, and of veth, tun and bridges.',
    ['interface'],
    'bytes',
  ),
  nettrace_interface_bytes_total: counter('Wire bytes captured.', ['interface', 'direction'], 'bytes'),
  nettrace_interface_packets_total: counter('Packets captured.', ['interface', 'direction']),
  nettrace_interface_recovered_bytes_total: counter(
    'Wire bytes that the kernel counted by socket and the capture did not deliver.',
    ['interface', 'direction'],
    'bytes',
  ),
  nettrace_interface_device_bytes_total: counter(
    'What the own counters of the interface gained since nettrace saw it first (IFLA_STATS64).',
    ['interface', 'direction'],
    'bytes',
  ),
  nettrace_interface_dropped_packets_total: counter('Packets that a full ring or the device dropped.', [
    'interface',
    'by',
  ]),
  nettrace_ledger_bytes: gauge(
    'Who the bytes of an interface belong to since the start; a gauge, since bytes move to their owner when it is found.',
    ['interface', 'part', 'direction'],
    'bytes',
  ),
  nettrace_ledger_covered_ratio: gauge(
    'Share of the bytes in the counters of all interfaces that has an owner or a stated reason.',
    [],
    'ratio',
  ),
  nettrace_queue_alerts: gauge('Queues of sockets that pile up now, by cause.', ['cause']),
  nettrace_host_cpu_seconds_total: counter('Time of all CPUs together since the start, by mode.', ['mode'], 'seconds'),
  nettrace_host_cpus: gauge('CPUs online.'),
  nettrace_host_load1: gauge('Load average over one minute.'),
  nettrace_host_load5: gauge('Load average over five minutes.'),
  nettrace_host_load15: gauge('Load average over fifteen minutes.'),
  nettrace_host_memory_bytes: gauge(
    'Memory by state; used + shared + compressed + buffers + cache + free = total.',
    ['state'],
    'bytes',
  ),
  nettrace_host_swap_bytes: gauge('Swap space: total and used.', ['state'], 'bytes'),
  nettrace_host_pressure_ratio: gauge(
    'Share of the last 10 s in which something waited for it (PSI, some).',
    ['resource'],
    'ratio',
  ),
  nettrace_host_uptime_seconds: gauge('Time since the host started.', [], 'seconds'),
  nettrace_budget_used_bytes: gauge(
    'What a budget has used in its current period, or within the time of its rate.',
    ['budget'],
    'bytes',
  ),
  nettrace_budget_limit_bytes: gauge('What it may use there.', ['budget'], 'bytes'),
  nettrace_budget_exceeded: gauge('1 while a budget is exceeded.', ['budget']),
  nettrace_push_samples_total: counter('Values that a receiver has taken.', ['target']),
  nettrace_push_failures_total: counter('Attempts to push that failed.', ['target']),
  nettrace_push_dropped_samples_total: counter('Values that never arrived: refused, or too old.', ['target']),
  nettrace_self_cpu_ratio: gauge('What nettrace itself uses of one CPU.', [], 'ratio'),
  nettrace_self_resident_bytes: gauge('Memory of nettrace itself.', [], 'bytes'),
  nettrace_self_flows: gauge('Live flows in the flow table.'),
  nettrace_self_dropped_packets_total: counter('Packets not counted, by what dropped them.', ['by']),
  nettrace_self_lost_records_total: counter('Records of the socket meter for which there was no room.'),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** One value; `labels` has the values of the metric's labels in their order. */
export interface Sample {
  readonly metric: MetricName;
  readonly labels: readonly string[];
  readonly value: number;
  /** When a counter began at 0, ms since 1970; undefined: with nettrace. */
  readonly startMs?: number;
}

/** Samples by their metric, in the order in which they came. */
export function groupByMetric(samples: readonly Sample[]): ReadonlyMap<MetricName, readonly Sample[]> {
  const groups = new Map<MetricName, Sample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.metric);
    if (group === undefined) groups.set(sample.metric, [sample]);
    else group.push(sample);
  }
  return groups;
}
