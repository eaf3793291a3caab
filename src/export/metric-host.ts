// Owns: host, queues and own cost as samples.
// Knows nothing of: programs and interfaces.
import type { BudgetReading } from '../model/budget-watch.ts';
import type { HostModel, Model } from '../model/model.ts';
import { QUEUE_CAUSES } from '../model/queue-fields.ts';
import type { MetricName, Sample } from './metric-table.ts';

const CPU_MODES = ['user', 'nice', 'system', 'irq', 'softirq', 'steal', 'guest', 'iowait'] as const;

const one = (metric: MetricName, value: number, ...labels: readonly string[]): Sample => ({ metric, labels, value });

/** Seconds that all CPUs spent in each mode since the sample before; empty for the first. */
export function cpuSeconds({ host, intervalMs }: Pick<Model, 'host' | 'intervalMs'>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  if (host.cpus === undefined || !(intervalMs > 0)) return sums;
  const seconds = intervalMs / 1000;
  for (const cpu of host.cpus) {
    if (!cpu.online) continue;
    let idle = 1;
    for (const mode of CPU_MODES) {
      idle -= cpu[mode];
      sums.set(mode, (sums.get(mode) ?? 0) + cpu[mode] * seconds);
    }
    sums.set('idle', (sums.get('idle') ?? 0) + Math.max(0, idle) * seconds);
  }
  return sums;
}

export function hostSamples(host: HostModel): Sample[] {
  const { memory, swap, load, pressure } = host;
  const { total, used, shared, compressed, buffers, cache } = memory;
  const free = Math.max(0, total - used - shared - compressed - buffers - cache);
  const states = { total, used, shared, compressed, buffers, cache, free, available: memory.available };
  return [
    one('nettrace_host_info', 1, host.hostname),
    one('nettrace_host_cpus', host.cpuCount),
    one('nettrace_host_load1', load[0]),
    one('nettrace_host_load5', load[1]),
    one('nettrace_host_load15', load[2]),
    ...Object.entries(states).map(([state, value]) => one('nettrace_host_memory_bytes', value, state)),
    one('nettrace_host_swap_bytes', swap.total, 'total'),
    one('nettrace_host_swap_bytes', swap.used, 'used'),
    ...(['cpu', 'memory', 'io'] as const).flatMap((resource) => {
      const percent = pressure?.[resource];
      return percent === undefined ? [] : [one('nettrace_host_pressure_ratio', percent / 100, resource)];
    }),
    one('nettrace_host_uptime_seconds', host.uptimeSeconds),
  ];
}

/** All causes, also those without a queue; nothing where nobody looks at queues. */
export function queueSamples({ queues }: Model): Sample[] {
  if (queues === undefined) return [];
  return QUEUE_CAUSES.map((cause) =>
    one('nettrace_queue_alerts', queues.rows.filter((row) => row.raised && row.cause === cause).length, cause),
  );
}

export function selfSamples({ self, attribution }: Model): Sample[] {
  return [
    ...(self.cpu === undefined ? [] : [one('nettrace_self_cpu_ratio', self.cpu)]),
    one('nettrace_self_resident_bytes', self.rssBytes),
    one('nettrace_self_flows', attribution.flowsLive),
  ];
}

export function budgetSamples({ budget, usedBytes, state }: BudgetReading): Sample[] {
  return [
    one('nettrace_budget_used_bytes', usedBytes, budget.name),
    one('nettrace_budget_limit_bytes', budget.limitBytes, budget.name),
    one('nettrace_budget_exceeded', state === 'exceeded' ? 1 : 0, budget.name),
  ];
}

/** What one receiver of pushed metrics has had. */
export interface PushReading {
  readonly target: string;
  readonly sent: number;
  readonly failures: number;
  readonly dropped: number;
}

export function pushSamples(pushes: readonly PushReading[]): Sample[] {
  return pushes.flatMap(({ target, sent, failures, dropped }) => [
    one('nettrace_push_samples_total', sent, target),
    one('nettrace_push_failures_total', failures, target),
    one('nettrace_push_dropped_samples_total', dropped, target),
  ]);
}
