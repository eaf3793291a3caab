// Owns: a rich model made by hand for tests of the view: every kind of owner, interface and trouble.
// Knows nothing of: how a model is built from samples.
import { type BothWays, coverageOf, type Ledger, type LedgerPart } from '../../src/model/ledger.ts';
import type {
  FlowRow,
  InterfaceRow,
  InterfaceShare,
  Layers,
  Model,
  OwnerRow,
  Rates,
  Totals,
} from '../../src/model/model.ts';
import { fixtureHost } from './view-host.ts';

/** 2026-11-23 12:04:31 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 23, 12, 4, 31);

export interface FixtureOptions {
  readonly cpus?: number;
  readonly owners?: readonly OwnerRow[];
  readonly flows?: readonly FlowRow[];
  readonly drops?: Model['drops'];
  readonly faults?: Model['faults'];
  readonly interfaces?: readonly InterfaceRow[];
  readonly ownership?: Model['ownership'];
  readonly light?: boolean;
  readonly lost?: Model['lost'];
  readonly host?: Partial<Model['host']>;
  readonly queues?: Model['queues'];
  readonly protocols?: Model['protocols'];
  readonly routes?: Model['routes'];
  /** The first sample: no rates, no CPU shares. */
  readonly first?: boolean;
}

export type Numbers = readonly [sentRate: number, receivedRate: number, sentBytes: number, receivedBytes: number];

export function share(name: string, numbers: Numbers): InterfaceShare {
  return { ...traffic(name, numbers), mirrored: false, repeated: false };
}

export function traffic(name: string, numbers: Numbers): Totals & Rates & { readonly name: string } {
  const [sentRate, receivedRate, sentBytes, receivedBytes] = numbers;
  const packets = { sentPackets: Math.ceil(sentBytes / 900), receivedPackets: Math.ceil(receivedBytes / 900) };
  return { name, sentRate, receivedRate, sentBytes, receivedBytes, ...packets };
}

/** 66 bytes of headers in every packet, 14 of them of the link. */
export function layers({ sentBytes, receivedBytes, sentPackets, receivedPackets }: Totals): Layers {
  return {
    sentIpBytes: Math.max(0, sentBytes - 14 * sentPackets),
    receivedIpBytes: Math.max(0, receivedBytes - 14 * receivedPackets),
    sentPayloadBytes: Math.max(0, sentBytes - 66 * sentPackets),
    receivedPayloadBytes: Math.max(0, receivedBytes - 66 * receivedPackets),
    retransmittedBytes: Math.floor(sentBytes / 5000),
  };
}

export function processRow(
  id: number,
  pid: number,
  user: string,
  commandLine: string,
  numbers: Numbers,
  more: Partial<OwnerRow> = {},
): OwnerRow {
  const program = commandLine.split(' ', 1)[0] ?? '';
  const name = program.replace(/^.*\//, '').slice(0, 15);
  const { name: device, ...sums } = traffic(more.interfaces?.[0]?.name ?? 'eth0', numbers);
  return {
    ...sums,
    ...layers(sums),
    retransmittedPackets: Math.ceil(sums.sentBytes / 5_000_000),
    netns: undefined,
    id,
    kind: 'process',
    reason: undefined,
    reasonText: '',
    pid,
    parentPid: 1,
    startMs: NOW_MS - 3_600_000,
    ageMs: 3_600_000,
    startTicks: pid * 10,
    uid: 1000,
    user,
    name,
    executable: program,
    commandLine,
    program,
    state: 'running',
    exitedForMs: 0,
    interfaces: [share(device, numbers)],
    connections: 1,
    usage: more.state === 'exited' ? undefined : usage(id),
    unit: UNITS[name],
    ...more,
  };
}

/** A whole CPU, a share of one, none: it depends on the row alone. */
function usage(id: number): NonNullable<OwnerRow['usage']> {
  const cpu = [0, 0.004, 1.21, 0.084, 0.04, 0.012, 0][id % 7] ?? 0;
  const rssBytes = (3 + (id % 5)) * 2 ** (20 + (id % 6));
  return { cpu, rssBytes, memory: rssBytes / (16 * 2 ** 30), threads: 1 + (id % 3) * 9, state: cpu > 1 ? 'R' : 'S' };
}

const service = (unit: string) => ({ unit, container: undefined, runtime: undefined, pod: undefined });
const UNITS: Readonly<Record<string, NonNullable<OwnerRow['unit']>>> = {
  node: { unit: undefined, container: '4f3a9c1b2d3e', runtime: 'docker', pod: undefined },
  'nginx:': service('nginx.service'),
  'postgres:': service('postgresql@15-main.service'),
  'redis-server': service('redis-server.service'),
  sshd: service('ssh.service'),
  'systemd-resolved': service('systemd-resolved.service'),
};

export function reasonRow(
  id: number,
  kind: OwnerRow['kind'],
  reason: string,
  text: string,
  numbers: Numbers,
): OwnerRow {
  return {
    ...processRow(id, 0, '', kind, numbers),
    kind,
    reason,
    reasonText: text,
    pid: undefined,
    parentPid: undefined,
    startMs: undefined,
    ageMs: undefined,
    uid: undefined,
    executable: '',
    commandLine: '',
    connections: 0,
    usage: undefined,
    unit: undefined,
  };
}

/** Titles that a program gave itself have spaces inside argv[0]. */
function titled(row: OwnerRow): OwnerRow {
  return { ...row, program: row.commandLine };
}

const eth0 = [share('eth0', [0, 0, 0, 0])];
const both = [share('eth0', [0, 0, 0, 0]), share('wg0', [0, 0, 0, 0])];
const lo = [share('lo', [0, 0, 0, 0])];

export const OWNERS: readonly OwnerRow[] = [
  reasonRow(
    1,
    'unattributed',
    'closed-before-seen',
    'the socket was closed before it could be looked up',
    [1900, 11_400, 402_000, 2_210_000],
  ),
  reasonRow(12, 'no-socket', 'closed-port', 'no socket at that local port', [0, 1120, 0, 210_000]),
  reasonRow(16, 'kernel', 'arp', 'address resolution', [0, 0, 84_000, 126_000]),
  reasonRow(17, 'kernel', 'icmp', 'ICMP answered or sent by the kernel', [98, 98, 1_010_000, 1_010_000]),
  reasonRow(22, 'forwarded', 'forwarded', 'neither end is an address of this host', [1_200_000, 300_000, 3.3e9, 6.1e8]),
  titled(
    processRow(
      30,
      48_211,
      'postgres',
      'postgres: walsender replica 10.0.0.9(51022) streaming',
      [61_200_000, 410_000, 1.21e12, 8.02e9],
      { executable: '/usr/lib/postgresql/15/bin/postgres' },
    ),
  ),
  titled(
    processRow(31, 9127, 'www-data', 'nginx: worker process', [22_100_000, 9_800_000, 4.02e11, 1.19e11], {
      connections: 812,
      interfaces: both,
    }),
  ),
  processRow(32, 9201, 'app', '/usr/bin/node /srv/api/server.js --port 8080', [812_000, 2_610_000, 1.23e10, 4.01e10], {
    connections: 64,
  }),
  processRow(33, 9310, 'redis', '/usr/bin/redis-server *:6379', [0, 0, 8.8e10, 9.02e10], {
    connections: 12,
    interfaces: lo,
  }),
  processRow(34, 71_022, 'deploy', 'curl -sS https://registry.example.com/v2/', [0, 0, 1020, 5900], {
    state: 'exited',
    exitedForMs: 4000,
    connections: 0,
  }),
  processRow(35, 1204, 'root', '/usr/sbin/sshd -D', [1240, 310, 4.4e6, 1.2e6], { connections: 2 }),
  processRow(36, 3311, 'yuki', '監視ツール --ライブ', [15_300, 48_000, 9.1e6, 3.3e7], { interfaces: both }),
  processRow(37, 66_666, 'nobody', 'ev\\x1b[31mR\\x07\\n\\x9b5 --pwn', [0, 64, 2048, 4096]),
  processRow(38, 2_147_111, 'systemd-resolve', '/lib/systemd/systemd-resolved', [210, 480, 2.2e6, 5.4e6], {
    connections: 3,
  }),
  processRow(39, 812, 'systemd-network', '/lib/systemd/systemd-networkd', [0, 0, 61_000, 120_000]),
  processRow(40, 5510, 'backup', 'rsync --server -logDtpre.iLsfxCIvu . /srv/backup', [0, 0, 7.7e9, 1.2e8], {
    state: 'exited',
    exitedForMs: 900_000,
    connections: 0,
  }),
  processRow(41, 5511, 'backup', 'rsync --server -logDtpre.iLsfxCIvu . /srv/www', [0, 0, 2.1e9, 4.4e7], {
    state: 'exited',
    exitedForMs: 800_000,
    connections: 0,
  }),
  { ...processRow(42, 77, 'root', '', [0, 0, 9_800_000, 9_900_000]), program: '[nfsd]', name: 'nfsd' },
  processRow(
    43,
    9444,
    'grafana',
    '/usr/share/grafana/bin/grafana server --homepath=/usr/share/grafana',
    [9100, 3300, 5.1e8, 2.0e8],
    { connections: 5, interfaces: eth0 },
  ),
];

const ZERO = { sentBytes: 0, receivedBytes: 0 };

/** Books that close: what `reasons` leave is the processes'; counters that have what was captured. */
export function ledgerOf(captured: BothWays, reasons: readonly LedgerPart[] = [], more: Partial<Ledger> = {}): Ledger {
  const wire = { sentBytes: captured.sentBytes, receivedBytes: captured.receivedBytes };
  const rest = reasons.reduce(
    (sum, part) => ({
      sentBytes: sum.sentBytes - part.sentBytes,
      receivedBytes: sum.receivedBytes - part.receivedBytes,
    }),
    wire,
  );
  return {
    parts: [{ kind: 'process', reason: undefined, text: '', ...rest }, ...reasons],
    wire,
    repeated: ZERO,
    segmentHeaders: ZERO,
    cut: { ageMs: 40, counter: wire, counted: wire, dropped: ZERO, residual: ZERO, covered: 1 },
    ...more,
  };
}

/** The rows without a process as parts of a ledger, in the order of the model. */
const REASONS: readonly LedgerPart[] = ['kernel', 'forwarded', 'no-socket', 'unattributed'].flatMap((kind) =>
  OWNERS.filter((row) => row.kind === kind).map((row) => ({
    kind: row.kind,
    reason: row.reason,
    text: row.reasonText,
    sentBytes: row.sentBytes,
    receivedBytes: row.receivedBytes,
  })),
);

export function interfaceRow(
  slot: number,
  name: string,
  numbers: Numbers,
  more: Partial<InterfaceRow> = {},
): InterfaceRow {
  const { name: device, ...sums } = traffic(name, numbers);
  return {
    ...sums,
    speed: undefined,
    countsSegments: true,
    recovered: { ...ZERO, sentPackets: 0, receivedPackets: 0 },
    ledger: ledgerOf(sums),
    slot,
    index: slot + 1,
    name: device,
    state: 'capturing',
    faultText: '',
    loopback: name === 'lo',
    linkType: 'EN10MB',
    linkTypeNumber: 1,
    decoded: true,
    addresses: [],
    capture: 'ring',
    frames: 0,
    tapped: sums,
    kernelDrops: 0,
    interfaceDrops: 0,
    errors: { received: 0, sent: 0, newReceived: 0, newSent: 0, multicast: 0, collisions: 0 },
    counters: sums,
    outcomes: [],
    ...more,
  };
}

export const INTERFACES: readonly InterfaceRow[] = [
  interfaceRow(0, 'eth0', [84_200_000, 12_900_000, 1.63e12, 2.58e11], {
    speed: 125_000_000,
    errors: { received: 12, sent: 0, newReceived: 0, newSent: 0, multicast: 4182, collisions: 0 },
    ledger: ledgerOf({ sentBytes: 1.63e12, receivedBytes: 2.58e11 }, REASONS),
    outcomes: [
      { label: 'arp', text: 'address resolution', frames: 5000 },
      { label: 'tcp-short', text: 'the TCP header is cut off', frames: 7 },
    ],
  }),
  interfaceRow(1, 'wg0', [1_100_000, 310_000, 4.1e9, 9.9e8]),
  interfaceRow(2, 'lo', [0, 0, 8.8e10, 9.02e10], {
    countsSegments: false,
    ledger: ledgerOf({ sentBytes: 8.8e10, receivedBytes: 9.02e10 }, [], {
      segmentHeaders: { sentBytes: 2.1e9, receivedBytes: 2.2e9 },
      cut: {
        ageMs: 40,
        counter: { sentBytes: 8.59e10, receivedBytes: 8.8e10 },
        counted: { sentBytes: 8.59e10, receivedBytes: 8.8e10 },
        dropped: ZERO,
        residual: ZERO,
        covered: 1,
      },
    }),
  }),
  interfaceRow(3, 'wlp3s0', [0, 0, 120_000, 90_000], {
    state: 'down',
    ledger: ledgerOf({ sentBytes: 120_000, receivedBytes: 90_000 }, [], { cut: undefined }),
  }),
];

export function fixtureModel(options: FixtureOptions = {}): Model {
  const { cpus = 4, owners = OWNERS, flows, first = false } = options;
  const total = traffic('', [85_300_000, 13_200_000, 1.722e12, 3.49e11]);
  const model: Model = {
    timeMs: NOW_MS,
    intervalMs: first ? 0 : 1000,
    elapsedMs: 3_600_000,
    engineState: 'running',
    ownership: options.ownership ?? 'bpf',
    light: options.light ?? false,
    interfaces: options.interfaces ?? INTERFACES,
    covered: coverageOf((options.interfaces ?? INTERFACES).flatMap((row) => row.ledger.cut ?? [])),
    owners,
    total,
    flows,
    flowsOf: (ownerId, limit) => (flows ?? []).filter((flow) => flow.ownerId === ownerId).slice(0, limit),
    flowTotalsOf: () => new Map(),
    queues: options.queues,
    protocols: options.protocols,
    routes: options.routes,
    host: { ...fixtureHost(cpus, first), ...options.host },
    faults: options.faults ?? [],
    drops: options.drops ?? { kernel: 0, interface: 0, table: 0 },
    lost: options.lost ?? { records: 0, bytes: 0 },
    attribution: {
      flowsLive: 904,
      flowCapacity: 200_000,
      flowsEvicted: 0,
      lookups: 1200,
      lookupsDeferred: 0,
      queue: 0,
      meteredSockets: 231,
    },
    self: { cpu: first ? undefined : 0.004, rssBytes: 61 * 1024 ** 2 },
  };
  return first ? withoutRates(model) : model;
}

function withoutRates(model: Model): Model {
  const none = { sentRate: undefined, receivedRate: undefined };
  return {
    ...model,
    total: { ...model.total, ...none },
    owners: model.owners.map((row) => ({ ...row, ...none })),
    interfaces: model.interfaces.map((row) => ({ ...row, ...none })),
  };
}
