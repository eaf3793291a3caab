// Owns: what one refresh of the live view costs the JavaScript thread: 1,000 processes that really run, 64 CPUs.
// Knows nothing of: how packets are counted; the snapshots are made by hand, and so is the host.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestProcesses } from '../../src/app/process-requests.ts';
import { createModelBuilder } from '../../src/model/build-model.ts';
import { createHostReader } from '../../src/procfs/host.ts';
import { createProcessReader } from '../../src/procfs/process-reader.ts';
import { parseProcessStat } from '../../src/procfs/process-stat.ts';
import { createScreen } from '../../src/tui/screen.ts';
import { createTheme } from '../../src/tui/theme.ts';
import { orderOf, readModel } from '../../src/view/read-model.ts';
import type { Reading } from '../../src/view/reading.ts';
import { composeScreen } from '../../src/view/screen.ts';
import { INITIAL_UI } from '../../src/view/ui-state.ts';
import { writeHost } from '../support/host-files.ts';
import { LABELS } from '../support/sample-builder.ts';
import { type SnapshotRows, snapshotOf } from '../support/snapshot-builder.ts';
import { SETTINGS, UTF8 } from '../support/view-input.ts';
import { type Figure, median } from './figures.ts';
import { liveCost } from './live-cost.ts';
import { withSockets } from './netstat-cost.ts';

const PROCESSES = 1000;
const CPUS = 64;

/** The pids of processes that do nothing until `end` is called. */
async function startProcesses(): Promise<{ readonly pids: readonly number[]; end(): void }> {
  const script = `i=0; while [ $i -lt ${PROCESSES} ]; do sleep 600 & echo $!; i=$((i+1)); done; echo end; read line; kill $(jobs -p)`;
  const shell = spawn('bash', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of shell.stdout) {
    text += chunk;
    if (text.endsWith('end\n')) break;
  }
  return { pids: text.split('\n').slice(0, PROCESSES).map(Number), end: () => shell.stdin.end('\n') };
}

/** Every process has moved bytes, and moves on. */
function rowsAt(pids: readonly number[], round: number): SnapshotRows {
  return {
    meta: [{ monotonicMs: 1000 * round, realtimeMs: 1.7e12 + 1000 * round, startedMs: 1.7e12 }],
    interfaces: [{ slot: 0, name: 'eth0', state: 'capturing', decoded: 1 }],
    owners: pids.map((pid, i) => ({
      id: i + 40,
      kind: 'process',
      pid,
      startTicks: parseProcessStat(readFileSync(`/proc/${pid}/stat`))?.startTicks ?? 0,
      name: 'sleep',
      commandLine: 'sleep\x00600\x00',
      executable: '/usr/bin/sleep',
      flows: 2,
    })),
    accounts: pids.map((_, i) => ({
      owner: i + 40,
      interface: 0,
      sentBytes: round * (i + 1) * 1000,
      receivedBytes: round * ((i * 7919) % 1000) * 900,
      sentPackets: round * (i + 1),
      receivedPackets: round * (i + 1),
    })),
  };
}

/** The full live program; needs root for the sockets, which have a network namespace of their own. */
export async function fullLiveCost(times: number): Promise<readonly Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'nettrace-bench-'));
  const { pids, end } = await startProcesses();
  try {
    return await withSockets(() => liveCost(rowsAt(pids, 1), times, root));
  } finally {
    end();
    rmSync(root, { recursive: true });
  }
}

/** CPU time, not the clock's: what others do on this machine is not ours. */
function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export async function refreshCost(times: number): Promise<readonly Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'nettrace-bench-'));
  const { pids, end } = await startProcesses();
  const processes = createProcessReader('/proc', () => performance.now());
  try {
    const files = writeHost(root, { cpus: CPUS });
    const readHost = createHostReader({ proc: files.proc, sys: files.sys });
    const readCensus = createHostReader({ proc: '/proc', sys: files.sys });
    const build = createModelBuilder();
    const screen = createScreen({ columns: 200, rows: 60 }, createTheme('256'));
    const [reads, whole]: [number[], number[]] = [[], []];
    let reading: Reading | undefined;
    for (let round = 1; round <= times + 3; round++) {
      const snapshot = snapshotOf(rowsAt(pids, round));
      files.advance();
      const began = cpuMillis();
      const used = processes.read(requestProcesses(snapshot));
      const read = cpuMillis();
      const host = { ...readHost(), census: readCensus().census };
      const self = { cpuMs: round, rssBytes: 1 };
      const model = build({ snapshot, withFlows: false, host, processes: used, labels: LABELS, self });
      reading = readModel(model, orderOf(INITIAL_UI), reading);
      const size = { columns: 200, rows: 60 };
      const input = { size, mode: UTF8, settings: SETTINGS, ui: INITIAL_UI, reading, log: [] };
      screen.render(composeScreen(input).frame);
      if (round <= 3) continue; // the first ones open files and compile
      reads.push(read - began);
      whole.push(cpuMillis() - began);
    }
    const note = `median of ${times}; the longest ${Math.max(...whole).toFixed(1)} ms`;
    return [
      {
        what: `refresh of ${PROCESSES} processes and ${CPUS} CPUs`,
        value: median(whole),
        unit: 'ms of CPU',
        goal: { limit: 60, better: 'below' },
        note,
      },
      { what: 'of it: what the processes use, from /proc', value: median(reads), unit: 'ms of CPU' },
    ];
  } finally {
    processes.close();
    end();
    rmSync(root, { recursive: true });
  }
}
