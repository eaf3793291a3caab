// Owns: the self-test in a process of its own: an engine on one end of known traffic, and what it measured.
// Knows nothing of: what counts as a pass, and who started it.
import type { Addon, Engine, KnownProcess, SelfTest } from '../../native/addon.ts';
import { OWNER_KINDS, OWNERSHIPS } from '../../native/schema.ts';
import { type SnapshotView, viewSnapshot } from '../../native/snapshot-view.ts';
import type { Clock } from '../clock.ts';
import { computeFigures, type Moved, type SelfTestFigures, type SelfTestReadings } from './figures.ts';

type OwnerReadings = Pick<SelfTestReadings, 'measured' | 'reasons'>;

/** Blocks this thread for some seconds; the engine's threads go on. Throws NativeError. */
export function measureSelfTest(addon: Addon, clock: Clock): SelfTestFigures {
  const stage = new addon.SelfTest();
  try {
    // Whatever a run without arguments takes: the best source of owners that loads.
    const engine = new addon.Engine({ devices: [stage.device] });
    engine.start();
    try {
      return computeFigures(measure(addon, clock, stage, engine));
    } finally {
      engine.stop();
    }
  } finally {
    stage.close();
  }
}

function measure(addon: Addon, clock: Clock, stage: SelfTest, engine: Engine): SelfTestReadings {
  const countersBefore = stage.counters();
  const before = viewSnapshot(engine.snapshot(false));
  const known: KnownProcess[] = [...stage.run('short-lives'), ...stage.run('bulk')];
  const [framesBefore, cpuBefore, began] = [framesOf(engine), addon.selfUsage().cpuMs, clock.now()];
  known.push(...stage.run('burst'));
  const milliseconds = clock.now() - began;
  const counters = stage.counters();
  engine.stop();
  const cpuMs = addon.selfUsage().cpuMs - cpuBefore;
  const after = viewSnapshot(engine.snapshot(false));
  const row = (view: SnapshotView, column: 'frameSentBytes' | 'frameReceivedBytes' | 'kernelDrops' | 'frames') =>
    view.interfaces[column][0] ?? 0;
  const gain = (column: Parameters<typeof row>[1]) => row(after, column) - row(before, column);
  return {
    ownership: OWNERSHIPS[after.meta.ownership[0] ?? 0] ?? 'none',
    v6: stage.v6,
    known,
    ...ownersOf(after, addon.reasons),
    counters: {
      sentBytes: counters.sentBytes - countersBefore.sentBytes,
      receivedBytes: counters.receivedBytes - countersBefore.receivedBytes,
      sentPackets: counters.sentPackets - countersBefore.sentPackets,
      receivedPackets: counters.receivedPackets - countersBefore.receivedPackets,
    },
    counted: { sentBytes: gain('frameSentBytes'), receivedBytes: gain('frameReceivedBytes') },
    frames: gain('frames'),
    kernelDrops: gain('kernelDrops'),
    burst: { frames: row(after, 'frames') - framesBefore, milliseconds, cpuMs },
  };
}

function framesOf(engine: Engine): number {
  return viewSnapshot(engine.snapshot(false)).interfaces.frames[0] ?? 0;
}

/** Who moved what on the device of the test, which is the first one. */
export function ownersOf({ owners, accounts }: SnapshotView, known: Addon['reasons']): OwnerReadings {
  const measured = new Map<number, Moved>();
  const reasons: Record<string, number> = {};
  const rowOf = new Map(Array.from(owners.id, (id, row) => [id, row]));
  for (let at = 0; at < accounts.rows; at++) {
    // Without capture the engine may tell of other network namespaces too: the test's traffic is on its own device.
    if (accounts.repeated[at] !== 0 || accounts.interface[at] !== 0) continue;
    const owner = rowOf.get(accounts.owner[at] ?? 0) ?? 0;
    const sentBytes = accounts.sentBytes[at] ?? 0;
    const receivedBytes = accounts.receivedBytes[at] ?? 0;
    if (OWNER_KINDS[owners.kind[owner] ?? 0] === 'process') {
      const pid = owners.pid[owner] ?? 0;
      const sum = measured.get(pid) ?? { sentBytes: 0, receivedBytes: 0 };
      measured.set(pid, {
        sentBytes: sum.sentBytes + sentBytes,
        receivedBytes: sum.receivedBytes + receivedBytes,
      });
    } else if (sentBytes + receivedBytes > 0) {
      const label = known[owners.reason[owner] ?? 0]?.label ?? 'unknown';
      reasons[label] = (reasons[label] ?? 0) + sentBytes + receivedBytes;
    }
  }
  return { measured, reasons };
}
