// Owns: snapshots for tests of the page, with as many processes as wanted and names that nobody should call a program.
// Knows nothing of: the page.
export const HOSTILE = [
  '<img src=x onerror="window.owned=1">',
  '<script>window.owned=1</script>',
  'a\u202egpj.exe',
  'x\u0007\u001b[31m"\'&amp;',
];
const NAMES = [
  'nginx',
  'postgres',
  'node',
  'redis-server',
  'sshd',
  'curl',
  'rsync',
  'prometheus',
  'python3',
  'dockerd',
  'chronyd',
  'java',
];
const GB = 1e9;

/** The time of the snapshot of a second. */
export const timeOf = (second: number) => new Date(Date.UTC(2026, 10, 26) + second * 1000).toISOString();

/** The object of `--json` `second` seconds after the first, with the keys that the page reads. */
export function webSnapshot(count: number, second: number, hostile: readonly string[] = []): Record<string, unknown> {
  const processes = Array.from({ length: count }, (_, i) => row(i, second, hostile[i]));
  const sum = (key: 'sentRate' | 'receivedRate' | 'sentTotal' | 'receivedTotal') =>
    processes.reduce((all, one) => all + one[key], 0);
  const ledger = {
    parts: [part('process', 8.2e9), part('kernel', 2.1e8), part('forwarded', 9e8), part('no-socket', 4e7)],
    cut: { covered: 0.9998, dropped: bytes(0), residual: bytes(2e6) },
  };
  return {
    time: timeOf(second),
    intervalMs: 1000,
    ownership: 'bpf',
    light: false,
    covered: 0.9998,
    interfaces: [
      { name: 'eth0', state: 'capturing', sentRate: sum('sentRate'), receivedRate: sum('receivedRate'), ledger },
    ],
    processes,
    exitedEarlier: { sentTotal: 5e6, receivedTotal: 7e6 },
    total: {
      sentRate: sum('sentRate'),
      receivedRate: sum('receivedRate'),
      sentTotal: sum('sentTotal') + 5e6,
      receivedTotal: sum('receivedTotal') + 7e6,
    },
    connections: processes.map((one) => ({
      owner: one.id,
      protocol: 'tcp',
      localAddress: '10.0.0.7',
      localPort: 4000 + one.id,
      remoteAddress: '10.0.0.31',
      remotePort: 443,
      remoteName: one.name,
      sentRate: 1,
      receivedRate: 2,
      sentTotal: 3,
      receivedTotal: 4,
    })),
    host: {
      hostname: 'web-1',
      uptimeSeconds: 1_048_440,
      cpuCount: 8,
      cpus: Array.from({ length: 8 }, (_, id) => ({
        id,
        absent: false,
        nice: 0,
        user: 0.1 + 0.09 * id,
        system: 0.05,
        irq: 0,
        softirq: 0.02,
        steal: 0,
        guest: 0,
      })),
      load: [1.32, 0.97, 0.8],
      memory: { used: 5.3 * GB, shared: 0.6 * GB, compressed: 0, total: 15.3 * GB },
      swap: { used: 0.2 * GB, total: 3.8 * GB },
      pressure: { cpu: 0.4, memory: 0, io: 1.2 },
    },
    queues: {
      queues: [
        {
          kind: 'send',
          size: 1.8e6,
          limit: null,
          forMs: 14_000,
          localAddress: '10.0.0.7',
          localPort: 6379,
          remoteAddress: '10.0.0.31',
          remotePort: 51022,
          causeText: 'the peer does not read (zero window)',
          owners: [{ pid: 1003, name: 'redis-server' }],
          slow: null,
        },
      ],
    },
    drops: { kernel: 0, interface: 0, table: 0 },
    faults: [],
    self: { cpu: 0.004, rssBytes: 61e6 },
  };
}

function row(i: number, second: number, hostile: string | undefined) {
  const name = hostile ?? NAMES[i % NAMES.length] ?? '';
  const sentRate = i < 30 ? Math.round((4e7 / (i + 1) ** 1.3) * (1.2 + Math.sin(second / 40 + i))) : 0;
  const receivedRate = i < 30 ? Math.round((2e7 / (i + 2)) * (1.1 + Math.cos(second / 60 + i * 2))) : 0;
  return {
    id: i + 1,
    kind: 'process',
    reasonText: null,
    pid: 1000 + i,
    parentPid: 1,
    startTime: '2026-11-25T20:00:00.000Z',
    name,
    program: name,
    exe: `/usr/bin/${name}`,
    cmdline: `${name} --serve ${i}`,
    user: i % 3 === 0 ? 'root' : 'app',
    state: 'running',
    connections: i % 7,
    cpu: 0.01 * (i % 9),
    rssBytes: 2e7 + i * 1e5,
    unit: `${NAMES[i % 12]}.service`,
    container: null,
    sentRate,
    receivedRate,
    sentTotal: sentRate * 100,
    receivedTotal: receivedRate * 100,
    sentIpBytes: 1,
    receivedIpBytes: 1,
    sentPayloadBytes: 1,
    receivedPayloadBytes: 1,
    retransmittedBytes: 0,
    interfaces: [{ name: 'eth0' }],
  };
}

function bytes(count: number) {
  return { sentBytes: count, receivedBytes: 0 };
}

function part(kind: string, count: number) {
  return { kind, ...bytes(count) };
}

/** An answer of /api/v1/history: a day of two programs. */
export function webHistory() {
  const times = Array.from({ length: 144 }, (_, i) => Date.UTC(2026, 10, 25) / 1000 + i * 600);
  const points = (by: number) => times.map((_, i) => [by * (2 + Math.sin(i / 9)) * 1e9, by * 4e8]);
  return {
    since: '2026-11-25T00:00:00.000Z',
    until: '2026-11-26T00:00:00.000Z',
    step: 600,
    times,
    series: [
      { key: 'backup', kind: 'process', points: points(3) },
      { key: 'nginx', kind: 'process', points: points(1) },
    ],
    begins: null,
    gaps: [],
  };
}
