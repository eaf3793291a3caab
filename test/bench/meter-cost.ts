// Owns: what the socket meter costs: its programs for each packet, and how much slower a full-speed sender becomes.
// Knows nothing of: the programs, and how the flood is made (native/dev/bench_meter.cc).
import { spawnSync } from 'node:child_process';
import { generator } from '../e2e/places.ts';
import type { Figure } from './figures.ts';

interface Report {
  readonly packets: number;
  readonly rounds: number;
  readonly sender_ns: number | null;
  readonly meter_percent: number | null;
  readonly injection_percent: number | null;
  readonly own_percent: number | null;
  readonly cgroup_percent: number | null;
  readonly statistics_ns: number | null;
  readonly egress_ns: number | null;
  readonly ingress_ns: number | null;
  readonly injection_ns: number | null;
  readonly own_ingress_ns: number | null;
  readonly cgroup_egress_ns: number | null;
  readonly cgroup_ingress_ns: number | null;
}

const BELOW_150 = { limit: 150, better: 'below' } as const;

export function meterCost(rounds: number, packets: number): readonly Figure[] {
  const run = spawnSync(generator('bench_meter'), [String(rounds), String(packets)], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`bench_meter: ${run.stderr}`);
  const report = JSON.parse(run.stdout) as Report;
  const ns = (what: string, value: number | null, goal?: Figure['goal']): Figure => ({
    what,
    value: value ?? Number.NaN,
    unit: 'ns',
    ...(goal ? { goal } : {}),
  });
  const percent = (what: string, value: number | null, goal?: Figure['goal']): Figure => ({
    ...ns(what, value, goal),
    unit: '% of the CPU time',
  });
  const note = `${report.packets} packets, median of ${report.rounds}; ${report.sender_ns?.toFixed(0)} ns for each without`;
  return [
    {
      ...percent('full-speed 64-byte sender with the meter', report.meter_percent, { limit: 8, better: 'below' }),
      note,
    },
    percent('  and with frames of packet sockets', report.injection_percent),
    percent('  and without counting what its receiver, in another namespace, gets', report.own_percent),
    percent('  with the meter that needs no type information', report.cgroup_percent),
    {
      ...ns("kernel's statistics of the meter, per packet sent", report.egress_ns, BELOW_150),
      note: `of which ${report.statistics_ns?.toFixed(0)} are the statistics: a program that does nothing`,
    },
    ns('  per packet received', report.ingress_ns, BELOW_150),
    ns('  per packet received by a socket of another namespace, not counted', report.own_ingress_ns),
    ns('  frames of packet sockets', report.injection_ns),
    ns('  without type information, sent', report.cgroup_egress_ns),
    ns('  without type information, received', report.cgroup_ingress_ns),
  ];
}
