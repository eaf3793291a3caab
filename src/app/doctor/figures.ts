// Owns: the arithmetic of the self-test: what was really moved against what was measured, and which figures pass.
// Knows nothing of: how traffic is made and measured.
import type { DeviceCounters, KnownProcess } from '../../native/addon.ts';
import type { Ownership } from '../../native/schema.ts';

export interface Moved {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** One run of the test, as it was measured. */
export interface SelfTestReadings {
  readonly ownership: Ownership;
  readonly v6: boolean;
  readonly known: readonly KnownProcess[];
  /** Wire bytes by pid, as the engine charged them. */
  readonly measured: ReadonlyMap<number, Moved>;
  /** Bytes that the engine charged to no process, by the label of the reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The device's own counters, gained during the test. */
  readonly counters: DeviceCounters;
  /** The engine's count of the same, in the units of those counters. */
  readonly counted: Moved;
  readonly frames: number;
  readonly kernelDrops: number;
  /** While small datagrams were sent at full speed. */
  readonly burst: { readonly frames: number; readonly milliseconds: number; readonly cpuMs: number };
}

export interface GroupFigures {
  readonly kind: KnownProcess['kind'];
  readonly processes: number;
  readonly bytes: number;
  /** Parts of `bytes`. */
  readonly found: number;
  readonly wrong: number;
}

/** Shares are parts of 1. */
export interface SelfTestFigures {
  readonly ownership: Ownership;
  readonly v6: boolean;
  readonly groups: readonly GroupFigures[];
  readonly found: number;
  /** Too many bytes charged to a process, or to one that moved nothing. */
  readonly wrong: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Difference between the device's counters and the engine's, as a share of the counters. */
  readonly residual: number;
  readonly counterBytes: number;
  readonly frames: number;
  readonly kernelDrops: number;
  readonly dropRate: number;
  /** Of nettrace's process, at `burstRate` frames a second. */
  readonly cpuMicrosPerFrame: number;
  readonly cpuShare: number;
  readonly burstRate: number;
  /** Processes that could not do what they should. */
  readonly unfinished: number;
}

const both = (moved: Moved) => moved.sentBytes + moved.receivedBytes;
const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
const NOTHING: Moved = { sentBytes: 0, receivedBytes: 0 };

export function computeFigures(readings: SelfTestReadings): SelfTestFigures {
  const { known, measured, counters, counted, frames, kernelDrops, burst } = readings;
  const pids = new Set(known.map((process) => process.pid));
  const strangers = [...measured].filter(([pid]) => !pids.has(pid)).reduce((all, [, moved]) => all + both(moved), 0);
  const rows = known.map((process) => compare(process, measured.get(process.pid) ?? NOTHING));
  const sum = (of: (row: Compared) => number, kind?: string) =>
    rows.reduce((all, row) => all + (kind === undefined || row.kind === kind ? of(row) : 0), 0);
  const kinds = [...new Set(known.map((process) => process.kind))];
  const bytes = sum((row) => row.bytes);
  const residue =
    Math.abs(counters.sentBytes - counted.sentBytes) + Math.abs(counters.receivedBytes - counted.receivedBytes);
  return {
    ownership: readings.ownership,
    v6: readings.v6,
    groups: kinds.map((kind) => ({
      kind,
      processes: rows.filter((row) => row.kind === kind).length,
      bytes: sum((row) => row.bytes, kind),
      found: share(
        sum((row) => row.found, kind),
        sum((row) => row.bytes, kind),
      ),
      wrong: share(
        sum((row) => row.tooMany, kind),
        sum((row) => row.bytes, kind),
      ),
    })),
    found: share(
      sum((row) => row.found),
      bytes,
    ),
    wrong: share(sum((row) => row.tooMany) + strangers, bytes),
    reasons: readings.reasons,
    residual: share(residue, both(counters)),
    counterBytes: both(counters),
    frames,
    kernelDrops,
    dropRate: share(kernelDrops, frames + kernelDrops),
    cpuMicrosPerFrame: share(burst.cpuMs * 1000, burst.frames),
    cpuShare: share(burst.cpuMs, burst.milliseconds),
    burstRate: share(burst.frames * 1000, burst.milliseconds),
    unfinished: known.filter((process) => !process.done).length,
  };
}

interface Compared {
  readonly kind: string;
  readonly bytes: number;
  readonly found: number;
  readonly tooMany: number;
}

function compare(process: KnownProcess, measured: Moved): Compared {
  const found = (real: number, seen: number) => Math.min(real, seen);
  const tooMany = (real: number, seen: number) => Math.max(0, seen - real);
  return {
    kind: process.kind,
    bytes: both(process),
    found: found(process.sentBytes, measured.sentBytes) + found(process.receivedBytes, measured.receivedBytes),
    tooMany: tooMany(process.sentBytes, measured.sentBytes) + tooMany(process.receivedBytes, measured.receivedBytes),
  };
}

/** Promises that are tested: docs/doctor.md. */
const LIMITS = { found: 0.999, wrong: 0.001, residual: 0.001, drops: 0.01 } as const;

/** Each as one clause; empty: the test is passed. Look-ups promise nothing for what lives a moment, but no wrong owner. */
export function faultsOf(figures: SelfTestFigures): readonly string[] {
  const metered = figures.ownership === 'bpf' || figures.ownership === 'stream' || figures.ownership === 'cgroup';
  const lasting = figures.groups.filter((group) => metered || group.kind === 'bulk');
  const lost = figures.kernelDrops > 0 && !metered;
  return [
    ...lasting
      .filter((group) => group.found < LIMITS.found && !lost)
      .map((group) => `only ${percent(group.found)} of the bytes of ${KIND_NAMES[group.kind]} found their owner`),
    ...(figures.wrong > LIMITS.wrong ? [`${percent(figures.wrong)} of the bytes were charged to a wrong process`] : []),
    ...(figures.residual > LIMITS.residual && figures.kernelDrops === 0
      ? [`the count differs from the device's own by ${percent(figures.residual)}`]
      : []),
    ...(figures.dropRate > LIMITS.drops ? [`${percent(figures.dropRate)} of the packets were dropped`] : []),
    ...(figures.unfinished > 0 ? [`${figures.unfinished} processes could not send what they should`] : []),
  ];
}

export const KIND_NAMES: Readonly<Record<KnownProcess['kind'], string>> = {
  tcp: 'short TCP connections',
  udp: 'short UDP exchanges',
  'one-shot': 'single datagrams',
  bulk: 'TCP at full speed',
  burst: 'small datagrams at full speed',
};

/** Never 100 % where something is missing, nor 0 % where something is. */
export function percent(part: number): string {
  const text = (part * 100).toFixed(2);
  if (part < 1 && text === '100.00') return '99.99 %';
  if (part > 0 && text === '0.00') return '< 0.01 %';
  return `${text} %`;
}
