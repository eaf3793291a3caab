// Owns: every screen at every size people have, compared with the text files of test/golden/screens.
// Knows nothing of: colours; NETTRACE_UPDATE=1 writes the files anew, and a person looks at each.
import { describe, type TestContext, test } from 'node:test';
import { buildHost } from '../src/model/host-model.ts';
import type { HostModel } from '../src/model/model.ts';
import { createHostReader } from '../src/procfs/host.ts';
import type { TextMode } from '../src/view/styled-text.ts';
import type { Place, UiState } from '../src/view/ui-state.ts';
import { EMPTY_LIST } from '../src/view/ui-state.ts';
import type { LogLine } from '../src/view/view-input.ts';
import { NETHOGS_MODES } from '../src/view/view-modes.ts';
import { matchesFile } from './support/golden.ts';
import { writeHost } from './support/host-files.ts';
import { temporaryFolder } from './support/process-files.ts';
import { FLOWS } from './support/view-flows.ts';
import { ASCII, type InputOptions, inputOf, screenText, UTF8 } from './support/view-input.ts';
import { OWNERS_WITH_CONTAINER, TROUBLED_INTERFACES } from './support/view-ledgers.ts';
import { type FixtureOptions, fixtureModel, NOW_MS, OWNERS } from './support/view-model.ts';
import { PROTOCOLS, ROUTES } from './support/view-network.ts';
import { QUEUES } from './support/view-queues.ts';

/** At every size, in both text modes: what one keeps open. */
const SIZES = ['20x6', '40x10', '60x20', '80x24', '120x40', '200x60'] as const;
const MODES: Readonly<Record<string, TextMode>> = { utf8: UTF8, ascii: ASCII };
const CPUS = [1, 2, 8, 64, 256] as const;

/** The host as it is read from an invented /proc and /sys. */
function hostOf(t: TestContext, cpus: number): Partial<HostModel> {
  const files = writeHost(temporaryFolder(t), { cpus, nodes: cpus < 64 ? 1 : 2, memory: { Shmem: 700_000 } });
  const read = createHostReader({ proc: files.proc, sys: files.sys });
  const before = read();
  files.advance();
  const { hostname: _, ...host } = buildHost(read(), before);
  return host;
}

function sizeOf(text: string) {
  const [columns = 0, rows = 0] = text.split('x').map(Number);
  return { columns, rows };
}

function matchesScreen(name: string, model: FixtureOptions, options: InputOptions): void {
  const text = screenText(inputOf(fixtureModel({ flows: FLOWS, ...model }), options));
  matchesFile(`test/golden/screens/${name}.txt`, `${text}\n`);
}

describe('the process table', () => {
  for (const size of SIZES) {
    for (const [modeName, mode] of Object.entries(MODES)) {
      for (const cpus of CPUS) {
        test(`at ${size} in ${modeName} with ${cpus} CPUs`, (t) => {
          const host = hostOf(t, cpus);
          matchesScreen(`processes-${size}-${modeName}-${cpus}cpu`, { cpus, host }, { size: sizeOf(size), mode });
        });
      }
    }
  }
});

const selected = { lists: { processes: { ...EMPTY_LIST, cursor: { key: '33', index: 3 } } } };
const LOG: readonly LogLine[] = [
  { timeMs: NOW_MS - 60_000, level: 'info', text: 'eth0: capturing' },
  {
    timeMs: NOW_MS - 20_000,
    level: 'warn',
    text: 'wlp3s0: the device is gone; it is watched again when it comes back',
  },
  { timeMs: NOW_MS - 1000, level: 'error', text: 'netlink refused: sockets are read from /proc/net' },
];

const PENDING = { pid: 9127, startTicks: 7, name: 'nginx: worker process', signal: '' };
/** A worker below its master, and another one below that. */
const FAMILY = OWNERS.map((row) =>
  row.id === 31 ? { ...row, parentPid: 9201 } : row.id === 43 ? { ...row, parentPid: 9127 } : row,
);

/** The other screens that people keep open. */
const SCREENS: Readonly<Record<string, { readonly place: Place; readonly model?: FixtureOptions }>> = {
  connections: { place: { kind: 'connections' } },
  hosts: { place: { kind: 'hosts' } },
  process: { place: { kind: 'process', ownerId: 31, from: 'processes' } },
  sockets: { place: { kind: 'sockets' }, model: { queues: QUEUES } },
  statistics: { place: { kind: 'statistics' }, model: { protocols: PROTOCOLS } },
  routes: { place: { kind: 'routes' }, model: { routes: ROUTES } },
};

describe('the other screens', () => {
  for (const [name, { place, model = {} }] of Object.entries(SCREENS)) {
    for (const size of ['20x6', '40x10', '80x24', '120x40', '200x60'] as const) {
      for (const [modeName, mode] of Object.entries(MODES)) {
        test(`${name} at ${size} in ${modeName}`, () => {
          matchesScreen(`${name}-${size}${mode.unicode ? '' : `-${modeName}`}`, model, {
            size: sizeOf(size),
            mode,
            ui: { place },
          });
        });
      }
    }
  }
});

/** Everything else a person can reach, at the sizes most people have. */
const STATES: Readonly<Record<string, { readonly ui?: Partial<UiState>; readonly model?: FixtureOptions }>> = {
  first: { model: { first: true } },
  selected: { ui: selected },
  filter: { ui: { lists: { processes: { ...EMPTY_LIST, filter: 'systemd', draft: 'systemd' } } } },
  filtered: { ui: { lists: { processes: { ...EMPTY_LIST, filter: 'systemd' } } } },
  'nothing-found': { ui: { lists: { processes: { ...EMPTY_LIST, filter: 'no such thing' } } } },
  'command-line': { ui: { commandLine: true, sort: 'sent' } },
  basename: { ui: { basename: true } },
  'every-exited': { ui: { everyExited: true } },
  'binary-bits': { ui: { units: { base: 'binary', quantity: 'bits' } } },
  'total-mib': { ui: { viewMode: NETHOGS_MODES[3] ?? { kind: 'adaptive' } } },
  'total-bytes': { ui: { viewMode: NETHOGS_MODES[2] ?? { kind: 'adaptive' } } },
  trouble: {
    ui: { paused: true },
    model: {
      drops: { kernel: 1204, interface: 0, table: 3 },
      faults: [{ code: 'kNetlinkFailed', text: 'netlink refused: sockets are read from /proc/net' }],
    },
  },
  'process-of-container': {
    ui: { place: { kind: 'process', ownerId: 32, from: 'processes' } },
    model: {
      owners: OWNERS_WITH_CONTAINER,
      interfaces: TROUBLED_INTERFACES,
      flows: FLOWS.flatMap((flow) =>
        flow.ownerId === 32 ? [flow, { ...flow, key: '5.9', interfaceName: 'veth1a2b', repeated: true }] : [flow],
      ),
    },
  },
  'sockets-by-process': {
    ui: {
      place: { kind: 'sockets' },
      lists: { sockets: { ...EMPTY_LIST, group: 'process', open: new Set(['group:redis-server 9310']) } },
    },
    model: { queues: QUEUES },
  },
  'sockets-selected': {
    ui: {
      place: { kind: 'sockets' },
      lists: {
        sockets: { ...EMPTY_LIST, cursor: { key: 'send bulk', index: 6 }, sort: { by: 'size', reversed: false } },
      },
    },
    model: { queues: QUEUES },
  },
  'sockets-not-looked-at': { ui: { place: { kind: 'sockets' } } },
  'help-sockets': { ui: { overlay: 'help', place: { kind: 'sockets' } } },
  'process-with-queues': {
    ui: { place: { kind: 'process', ownerId: 33, from: 'processes' } },
    model: { queues: QUEUES },
  },
  alerts: { model: { queues: QUEUES } },
  'alert-selected': {
    ui: { lists: { processes: { ...EMPTY_LIST, cursor: { key: '33', index: 12 } } } },
    model: { queues: QUEUES },
  },
  'statistics-unfolded': {
    ui: {
      place: { kind: 'statistics' },
      lists: {
        statistics: {
          ...EMPTY_LIST,
          open: new Set(['group:quiet', 'group:zeros']),
          cursor: { key: 'TcpExt ListenOverflows', index: 1 },
        },
      },
    },
    model: { protocols: PROTOCOLS },
  },
  'routes-filtered': {
    ui: {
      place: { kind: 'routes' },
      lists: { routes: { ...EMPTY_LIST, filter: 'dev:eth0', sort: { by: 'metric', reversed: true } } },
    },
    model: { routes: ROUTES },
  },
  'routes-too-many': { ui: { place: { kind: 'routes' } }, model: { routes: { rows: undefined, count: 912_000 } } },
  interfaces: { ui: { place: { kind: 'interfaces' } } },
  'interfaces-end': { ui: { place: { kind: 'interfaces' }, textTop: 99 } },
  'interfaces-trouble': {
    ui: { place: { kind: 'interfaces' } },
    model: {
      interfaces: TROUBLED_INTERFACES,
      owners: OWNERS_WITH_CONTAINER,
      drops: { kernel: 120_400, interface: 3, table: 0 },
      lost: { records: 12, bytes: 40_000 },
    },
  },
  'ledger-open': {
    model: { interfaces: TROUBLED_INTERFACES, owners: OWNERS_WITH_CONTAINER, lost: { records: 12, bytes: 40_000 } },
  },
  'htop-bars': { ui: { bars: 'htop' } },
  'cpu-detail': { ui: { cpuDetail: true } },
  'heat-of-8': { ui: { bars: 'heat' }, model: { cpus: 8 } },
  container: {
    model: {
      host: {
        limits: { memoryMax: 2 ** 29, memoryCurrent: 4.9e8, swapMax: 0, swapCurrent: 0, cpus: 1.5 },
        tasks: { total: 611, running: 3, processes: 12, userThreads: undefined, kernelThreads: 0 },
      },
    },
  },
  classic: { model: { ownership: 'classic' } },
  light: { model: { light: true } },
  'help-interfaces': { ui: { overlay: 'help', place: { kind: 'interfaces' } } },
  help: { ui: { overlay: 'help' } },
  'help-connections': { ui: { overlay: 'help', place: { kind: 'connections' } } },
  log: { ui: { place: { kind: 'log' } } },
  'bad-filter': {
    ui: { lists: { processes: { ...EMPTY_LIST, filter: 'systemd', kept: 'systemd', draft: 'user:root prot:udp' } } },
  },
  expression: { ui: { lists: { processes: { ...EMPTY_LIST, filter: 'rx>1k and not kind:process' } } } },
  'by-program': { ui: { lists: { processes: { ...EMPTY_LIST, group: 'user', open: new Set(['group:backup']) } } } },
  tree: { ui: { lists: { processes: { ...EMPTY_LIST, group: 'tree' } } }, model: { owners: FAMILY } },
  pinned: {
    ui: { frozen: true, lists: { processes: { ...EMPTY_LIST, pinned: ['33'], sort: { by: 'pid', reversed: true } } } },
  },
  'one-device': { ui: { device: 'wg0' } },
  'by-port': { ui: { place: { kind: 'connections' }, lists: { connections: { ...EMPTY_LIST, group: 'port' } } } },
  devices: { ui: { overlay: 'devices', choice: 1 } },
  signals: { ui: { overlay: 'signals', pending: PENDING } },
  confirm: { ui: { overlay: 'confirm', pending: { ...PENDING, signal: 'SIGKILL' } } },
  host: { ui: { place: { kind: 'host', address: '203.0.113.77', from: 'hosts' } } },
  'help-hosts': { ui: { overlay: 'help', place: { kind: 'hosts' } } },
};

describe('what keys lead to', () => {
  for (const [name, { ui, model }] of Object.entries(STATES)) {
    for (const size of ['40x10', '80x24', '120x40'] as const) {
      test(`${name} at ${size}`, () => {
        const samples = model?.first ? 0 : 60;
        matchesScreen(`${name}-${size}`, model ?? {}, { size: sizeOf(size), ui: ui ?? {}, log: LOG, samples });
      });
    }
  }

  test('interfaces-trouble at 200x60', () => {
    const { ui = {}, model = {} } = STATES['interfaces-trouble'] ?? {};
    matchesScreen('interfaces-trouble-200x60', model, { size: sizeOf('200x60'), ui });
  });

  test('interfaces without colours at 80x24', () => {
    matchesScreen(
      'interfaces-80x24-ascii',
      {},
      { size: sizeOf('80x24'), mode: ASCII, ui: { place: { kind: 'interfaces' } } },
    );
  });

  test('a screen that is too small says what it needs', () => {
    matchesScreen('too-small-19x5', {}, { size: { columns: 19, rows: 5 } });
  });
});
