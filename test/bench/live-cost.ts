// Owns: what a second of the full live program costs, screen by screen: 1,000 processes that really run, 20,000 flows,
// the looks at 20,000 real sockets as the program takes them, 64 CPUs.
// Knows nothing of: how packets are counted: the snapshots are made by hand, and so is the host.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/app/clock.ts';
import { requestProcesses } from '../../src/app/process-requests.ts';
import { startQueueFeed } from '../../src/app/queue-feed.ts';
import { createQueueLooker } from '../../src/app/queue-looker.ts';
import { createModelBuilder } from '../../src/model/build-model.ts';
import { loadAddon } from '../../src/native/addon.ts';
import { type SnapshotView, viewSnapshot } from '../../src/native/snapshot-view.ts';
import { createHostReader } from '../../src/procfs/host.ts';
import { createProcessReader } from '../../src/procfs/process-reader.ts';
import { createScreen } from '../../src/tui/screen.ts';
import { createTheme } from '../../src/tui/theme.ts';
import { orderOf, readModel } from '../../src/view/read-model.ts';
import type { Reading } from '../../src/view/reading.ts';
import { composeScreen } from '../../src/view/screen.ts';
import { needsFlows } from '../../src/view/screen-table.ts';
import { INITIAL_UI, type TabId } from '../../src/view/ui-state.ts';
import type { HostFiles } from '../support/host-files.ts';
import { LABELS } from '../support/sample-builder.ts';
import { buildSnapshot, type SnapshotRows } from '../support/snapshot-builder.ts';
import { SETTINGS, UTF8 } from '../support/view-input.ts';
import { type Figure, median } from './figures.ts';

const FLOWS = 20_000;
const SCREENS: readonly TabId[] = ['processes', 'connections', 'hosts', 'sockets'];
/** The first refreshes open files and compile. */
const WARM_UP = 4;
const INTERVAL_MS = 1000;
const SIZE = { columns: 200, rows: 60 };
const THRESHOLDS = { afterMs: 1000, delayMs: 1000, unreadBytes: 65_536, lossShare: 0.05 };

/** CPU time of the JavaScript thread, whose id is that of the process (proc(5), schedstat: nanoseconds first). */
function threadMillis(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6;
}

/** All threads'. */
function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Twenty connections a process, with 5,000 hosts. */
function withFlows(owners: SnapshotRows): ArrayBuffer {
  const ids = (owners.owners ?? []).map(({ id }) => id ?? 0);
  return buildSnapshot({
    ...owners,
    flows: Array.from({ length: FLOWS }, (_, i) => ({
      ...{ id: i, generation: 1, owner: ids[i % ids.length] ?? 0, protocol: 6, initiator: 'local', quality: 'exact' },
      localAddress: '192.0.2.10',
      localPort: 10_000 + (i % 50_000),
      remoteAddress: `198.51.${Math.floor(i / 4 / 250) % 250}.${Math.floor(i / 4) % 250}`,
      remotePort: 443,
      firstMs: 1.7e12 + i,
      lastMs: 1.7e12 + i,
    })),
  });
}

/** A copy in which every owner and every tenth connection has moved on, as on a busy host, each at its own speed. */
function moved(buffer: ArrayBuffer, round: number): SnapshotView {
  const view = viewSnapshot(buffer.slice(0));
  view.meta.monotonicMs[0] = INTERVAL_MS * round;
  view.meta.realtimeMs[0] = 1.7e12 + INTERVAL_MS * round;
  for (const { rows, sentBytes, receivedBytes, sentPackets, receivedPackets } of [view.accounts, view.flows]) {
    const step = rows === FLOWS ? 10 : 1;
    for (let row = 0; row < rows; row++) {
      const rounds = row % step === 0 ? round + Math.sin(round + row) / 4 : 1;
      sentBytes[row] = rounds * (((row * 7919) % 10_007) + 1) * 100;
      receivedBytes[row] = rounds * (((row * 104_729) % 10_009) + 1) * 1000;
      sentPackets[row] = round;
      receivedPackets[row] = round;
    }
  }
  return view;
}

export interface LiveStage {
  /** Owners with their accounts; no flows. */
  readonly rows: SnapshotRows;
  readonly files: HostFiles;
}

/** @param times refreshes, a second each, of each screen */
export async function liveCost(times: number, { rows, files }: LiveStage): Promise<readonly Figure[]> {
  const [plain, full] = [buildSnapshot(rows), withFlows(rows)];
  const addon = loadAddon();
  const looker = createQueueLooker({
    addon,
    clock: systemClock,
    thresholds: THRESHOLDS,
    allNamespaces: true,
    readOverflows: () => 0,
  });
  let looks = 0;
  const look = () => {
    looks++;
    return looker.look();
  };
  const feed = startQueueFeed({ ...looker, look }, systemClock);
  const processes = createProcessReader('/proc', () => performance.now());
  const readHost = createHostReader({ proc: files.proc, sys: files.sys });
  const readCensus = createHostReader({ proc: '/proc', sys: files.sys });
  const figures: Figure[] = [];
  try {
    let round = 0;
    for (const kind of SCREENS) {
      const ui = { ...INITIAL_UI, place: { kind } };
      const build = createModelBuilder();
      const screen = createScreen(SIZE, createTheme('256'));
      const refreshes: number[] = [];
      let reading: Reading | undefined;
      let [began, thread, cpu] = [0, 0, 0];
      let makingMs = 0;
      for (let at = 0; at < times + WARM_UP; at++) {
        if (at === WARM_UP) [began, thread, cpu, makingMs] = [performance.now(), threadMillis(), cpuMillis(), 0];
        const dueMs = performance.now() + INTERVAL_MS;
        const made = threadMillis();
        round++;
        const snapshot = moved(needsFlows(ui) ? full : plain, round);
        files.advance();
        const start = threadMillis();
        makingMs += start - made;
        const used = processes.read(requestProcesses(snapshot));
        const host = { ...readHost(), census: readCensus().census };
        const queues = feed.latest();
        const self = addon.selfUsage();
        const sample = { snapshot, withFlows: needsFlows(ui), host, processes: used, labels: LABELS, queues, self };
        reading = readModel(build(sample), orderOf(ui), reading);
        const input = { size: SIZE, mode: UTF8, settings: SETTINGS, ui, reading, log: [] };
        screen.render(composeScreen(input).frame);
        if (at >= WARM_UP) refreshes.push(threadMillis() - start);
        await sleep(Math.max(0, dueMs - performance.now()));
      }
      const seconds = (performance.now() - began) / 1000;
      const perSecond = (ms: number) => (ms - makingMs) / seconds;
      figures.push(
        {
          what: `live, ${kind}: a refresh, JavaScript thread`,
          value: median(refreshes),
          unit: 'ms of CPU',
          goal: { limit: 60, better: 'below' },
          note:
            `the longest of ${times}: ${Math.max(...refreshes).toFixed(1)} ms; the thread with its looks at sockets: ` +
            `${perSecond(threadMillis() - thread).toFixed(1)} ms a second`,
        },
        {
          what: '  the program at 1 s, all threads',
          value: perSecond(cpuMillis() - cpu) / 10,
          unit: '% of a core',
          goal: { limit: 8, better: 'below' },
        },
        {
          what: '  RSS',
          value: process.memoryUsage.rss() / 1e6,
          unit: 'MB',
          goal: { limit: 110, better: 'below' },
          note: `of the benchmark, which holds two snapshots more than the program; ${looks} looks at ${feed.latest()?.looked} sockets`,
        },
      );
    }
    return figures;
  } finally {
    feed.stop();
    processes.close();
  }
}
