// Owns: a small host for golden outputs: three interfaces, each kind of owner, two snapshots one second apart. The process
// in a container behind veth0 is seen there too, the other way round; a full ring lost what only its socket tells of.
// Knows nothing of: which output is made from it.
import { outcomeNumber, reasonNumber } from './sample-builder.ts';
import type { RowOf, SnapshotRows } from './snapshot-builder.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

const process = (id: number, pid: number, row: RowOf<'owners'>): RowOf<'owners'> => ({
  id,
  kind: 'process',
  reason: reasonNumber('none'),
  pid,
  parentPid: 1,
  startTicks: pid * 10,
  startMs: START - 60_000 + pid,
  ...row,
});

const nobody = (id: number, kind: string, reason: string, flows = 0): RowOf<'owners'> => ({
  id,
  kind,
  reason: reasonNumber(reason),
  flows,
});

const account = (owner: number, slot: number, received: number, sent: number): RowOf<'accounts'> => ({
  owner,
  interface: slot,
  receivedBytes: received,
  sentBytes: sent,
  receivedPackets: Math.ceil(received / 1000),
  sentPackets: Math.ceil(sent / 1000),
  receivedIpBytes: received - 14 * Math.ceil(received / 1000),
  sentIpBytes: sent - 14 * Math.ceil(sent / 1000),
});

const flow = (id: number, owner: number, row: RowOf<'flows'>): RowOf<'flows'> => ({
  id,
  generation: 1,
  owner,
  protocol: 6,
  localAddress: '10.99.0.1',
  remoteAddress: '10.99.0.2',
  firstMs: START + 100,
  lastMs: START + 4900,
  ...row,
});

const accountsBefore: readonly RowOf<'accounts'>[] = [
  account(0, 0, 3000, 1000),
  account(40, 0, 1_000_000, 20_000_000),
  account(40, 1, 500, 500),
  account(41, 0, 5900, 1020),
  account(42, 1, 0, 0),
  account(7, 0, 980, 980),
];

const accountsNow: readonly RowOf<'accounts'>[] = [
  account(0, 0, 5048, 1000),
  account(40, 0, 1_410_000, 81_200_000),
  account(40, 1, 500, 500),
  account(41, 0, 5900, 1020),
  account(42, 1, 65_536, 0),
  account(7, 0, 1078, 1078),
  account(8, 1, 4096, 0),
  account(9, 0, 210_000, 0),
  account(10, 0, 12, 34),
  account(43, 0, 64, 128),
  { ...account(43, 2, 128, 64), mirrored: 1, repeated: 1 },
];

/** Wire bytes of eth0 that the ring lost and the kernel's count by socket has. */
const RECOVERED = 10_000;

function world(accounts: readonly RowOf<'accounts'>[], monotonicMs: number, exited: boolean): SnapshotRows {
  const sum = (slot: number, key: 'receivedBytes' | 'sentBytes' | 'receivedPackets' | 'sentPackets') =>
    accounts.filter((row) => row.interface === slot).reduce((total, row) => total + (row[key] ?? 0), 0);
  const recovered = (slot: number) => (exited && slot === 0 ? RECOVERED : 0);
  const traffic = (slot: number): RowOf<'interfaces'> => ({
    slot,
    receivedBytes: sum(slot, 'receivedBytes') - recovered(slot),
    sentBytes: sum(slot, 'sentBytes'),
    receivedPackets: sum(slot, 'receivedPackets') - recovered(slot) / 1000,
    sentPackets: sum(slot, 'sentPackets'),
    frames: sum(slot, 'receivedPackets') + sum(slot, 'sentPackets'),
    frameReceivedBytes: sum(slot, 'receivedBytes'),
    frameSentBytes: sum(slot, 'sentBytes'),
    receivedFrames: sum(slot, 'receivedPackets'),
    sentFrames: sum(slot, 'sentPackets'),
    counterReceivedBytes: sum(slot, 'receivedBytes'),
    counterSentBytes: sum(slot, 'sentBytes'),
    counterReceivedPackets: sum(slot, 'receivedPackets'),
    counterSentPackets: sum(slot, 'sentPackets'),
    recoveredReceivedBytes: recovered(slot),
    recoveredReceivedPackets: recovered(slot) / 1000,
    receiveErrors: slot === 0 ? 4 : 0,
    receiveErrorsBefore: slot === 0 ? 1 : 0,
    linkSpeed: slot === 0 ? 2_500_000_000 : 0,
    countsSegments: slot === 0 ? 1 : 0,
    kernelDrops: recovered(slot) / 1000 + (exited && slot === 0 ? 2 : 0),
    cutMs: monotonicMs - 20,
    cutCounterReceivedBytes: sum(slot, 'receivedBytes') + (exited && slot === 0 ? 3000 : 0),
    cutCounterSentBytes: sum(slot, 'sentBytes'),
    cutCountedReceivedBytes: sum(slot, 'receivedBytes'),
    cutCountedSentBytes: sum(slot, 'sentBytes'),
  });
  return {
    meta: [
      {
        monotonicMs,
        realtimeMs: START + monotonicMs,
        startedMs: START,
        state: 'running',
        flowsLive: 4,
        flowCapacity: 200_000,
        flowsCreated: 9,
        lookups: 5,
        ownership: 'bpf',
        meteredSockets: 12,
      },
    ],
    interfaces: [
      {
        ...traffic(0),
        index: 2,
        name: 'eth0',
        state: 'capturing',
        capture: 'ring',
        linkType: 1,
        linkTypeName: 'EN10MB',
        decoded: 1,
      },
      {
        ...traffic(1),
        index: 3,
        name: 'wg0',
        state: 'capturing',
        capture: 'libpcap',
        linkType: 101,
        linkTypeName: 'RAW',
        decoded: 1,
      },
      {
        ...traffic(2),
        index: 4,
        name: 'veth0',
        state: 'capturing',
        capture: 'ring',
        linkType: 1,
        linkTypeName: 'EN10MB',
        decoded: 1,
      },
    ],
    addresses: [
      { interface: 0, address: '10.99.0.1', prefix: 24 },
      { interface: 0, address: 'fe80::1', prefix: 64 },
      { interface: 1, address: '10.7.0.1', prefix: 24 },
    ],
    outcomes: [
      { interface: 0, outcome: 0, frames: 90_000 },
      { interface: 0, outcome: outcomeNumber('arp'), frames: 2 },
    ],
    owners: [
      nobody(0, 'unattributed', 'pending', 2),
      nobody(2, 'unattributed', 'closed-before-seen'),
      nobody(7, 'kernel', 'icmp'),
      nobody(8, 'forwarded', 'forwarded'),
      nobody(9, 'no-socket', 'closed-port'),
      nobody(10, 'process', 'exited-folded'),
      process(40, 48_211, {
        uid: 113,
        user: 'postgres',
        name: 'postgres',
        executable: '/usr/lib/postgresql/15/bin/postgres',
        commandLine: 'postgres: walsender 10.0.0.9/32\0\0\0',
        flows: 1,
      }),
      process(41, 71_022, {
        uid: 1000,
        user: 'deploy',
        name: 'curl',
        executable: '/usr/bin/curl',
        commandLine: '/usr/bin/curl\0-sS\0https://registry.example\0',
        exited: exited ? 1 : 0,
        exitedMs: exited ? 4500 : 0,
      }),
      process(42, 2, { uid: 0, user: 'root', name: 'kworker/0:1' }),
      process(43, 900, { uid: 4242, netns: 4_026_532_301, name: 'x', commandLine: './a\tb\n9/9/9\t1\t1\0--flag\0' }),
    ],
    accounts,
    names: [{ name: 'www.example.org', source: 'tls' }],
    flows: [
      flow(1, 40, {
        localPort: 5432,
        remotePort: 51_022,
        receivedBytes: 1_410_000,
        sentBytes: 81_200_000,
        quality: 'exact',
      }),
      flow(2, 0, {
        localPort: 40_000,
        remotePort: 443,
        receivedBytes: exited ? 2048 : 0,
        sentBytes: 900,
        name: 1,
      }),
      flow(3, 0, {
        protocol: 17,
        localAddress: 'fe80::1',
        localPort: 5353,
        remoteAddress: 'ff02::fb',
        remotePort: 5353,
        receivedBytes: 1500,
      }),
    ],
  };
}

export const BEFORE: SnapshotRows = world(accountsBefore, 4000, false);
export const NOW: SnapshotRows = world(accountsNow, 5000, true);
export const LATER: SnapshotRows = world(accountsNow, 6000, true);
