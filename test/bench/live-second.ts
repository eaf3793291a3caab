// Owns: a process that is one screen of the live program for some seconds, and says what that cost (started by live-cost).
// Knows nothing of: how packets are counted: the snapshot that it moves on is in a file, and the host is made by hand.
// Words: screen, refreshes, folder. Prints figures as JSON.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/app/clock.ts';
import { requestProcesses } from '../../src/app/process-requests.ts';
import { startQueueFeed } from '../../src/app/queues/feed.ts';
import { createQueueLooker } from '../../src/app/queues/looker.ts';
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
import { peakRssBytes } from '../e2e/watch.ts';
import { writeHost } from '../support/host-files.ts';
import { LABELS } from '../support/sample-builder.ts';
import { SETTINGS, UTF8 } from '../support/view-input.ts';
import { type Figure, median } from './figures.ts';

const FLOWS = 20_000;
const CPUS = 64;
/** The first refreshes open files, and V8 compiles what it has seen often: a program that is looked at all day is past that. */
const WARM_UP = 60;
const WARM_UP_INTERVAL_MS = 150;
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

/** @param times refreshes, a second each */
async function liveCost(kind: TabId, times: number, root: string): Promise<readonly Figure[]> {
  const files = writeHost(root, { cpus: CPUS });
  const ui = { ...INITIAL_UI, place: { kind } };
  // A large file is read into a buffer of its own: a copy of it would be in the figures.
  const { buffer, byteOffset, byteLength } = readFileSync(join(root, needsFlows(ui) ? 'flows' : 'owners'));
  assert.ok(byteOffset === 0 && byteLength === buffer.byteLength);
  const addon = loadAddon();
  const looker = createQueueLooker({
    addon,
    clock: systemClock,
    thresholds: THRESHOLDS,
    allNamespaces: true,
    readOverflows: () => 0,
    userOf: String,
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
  try {
    const build = createModelBuilder();
    const screen = createScreen(SIZE, createTheme('256'));
    const refreshes: number[] = [];
    let reading: Reading | undefined;
    let last: SnapshotView | undefined;
    let [began, thread, cpu] = [0, 0, 0];
    let makingMs = 0;
    for (let at = 0; at < times + WARM_UP; at++) {
      if (at === WARM_UP) [began, thread, cpu, makingMs] = [performance.now(), threadMillis(), cpuMillis(), 0];
      const dueMs = performance.now() + (at < WARM_UP ? WARM_UP_INTERVAL_MS : INTERVAL_MS);
      const made = threadMillis();
      const snapshot = moved(buffer as ArrayBuffer, at + 1);
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
      // As the loop does with what is not shown any more.
      if (last !== undefined && sample.withFlows) addon.releaseBuffer(last.buffer);
      last = snapshot;
      if (at >= WARM_UP) refreshes.push(threadMillis() - start);
      await sleep(Math.max(0, dueMs - performance.now()));
    }
    const seconds = (performance.now() - began) / 1000;
    const perSecond = (ms: number) => (ms - makingMs) / seconds;
    return [
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
        what: '  peak RSS',
        value: peakRssBytes(process.pid) / 1e6,
        unit: 'MB',
        goal: { limit: 110, better: 'below' },
        note: `${looks} looks at ${feed.latest()?.looked} sockets`,
      },
    ];
  } finally {
    feed.stop();
    processes.close();
  }
}

const [kind = '', times = '', root = ''] = process.argv.slice(2);
console.log(JSON.stringify(await liveCost(kind as TabId, Number(times), root)));
