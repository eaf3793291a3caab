// Owns: the plain table of --once and --read, and what -P and log lines make of a model.
// Knows nothing of: terminals.
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { describeChanges } from '../src/app/changes.ts';
import { selectPids } from '../src/app/select-pids.ts';
import { renderTable, type TableOptions } from '../src/app/table.ts';
import { buildModel } from '../src/model/build-model.ts';
import type { Model } from '../src/model/model.ts';
import type { Sample } from '../src/model/sample.ts';
import { createHostReader } from '../src/procfs/host.ts';
import { type SnapshotRows, snapshotOf } from './support/snapshot-builder.ts';

const options: TableOptions = {
  units: { base: 'si', quantity: 'bytes' },
  unicode: true,
  sortSent: false,
  commandLine: false,
  basename: false,
  columns: undefined,
};

const readHost = createHostReader({ proc: '/nonexistent', sys: '/nonexistent' });
const reasons = [
  { label: 'none', text: '' },
  { label: 'pending', text: 'the owner is still being looked up' },
];

function sample(rows: SnapshotRows, monotonicMs: number): Sample {
  const snapshot = snapshotOf({ ...rows, meta: [{ monotonicMs }] });
  const labels = { reasons, outcomes: [{ label: 'ok', text: '' }] };
  return { snapshot, withFlows: true, host: readHost(), labels, self: { cpuMs: 0, rssBytes: 0 } };
}

/** curl received 2 kB in the last second, nginx sent 3 MB before it, 5 bytes have no owner. */
function rows(second: boolean): SnapshotRows {
  return {
    interfaces: [
      { slot: 0, name: 'eth0', state: 'capturing', receivedBytes: second ? 2005 : 0, sentBytes: 3_000_000, decoded: 1 },
    ],
    owners: [
      { id: 1, kind: 'unattributed', reason: 1 },
      { id: 8, kind: 'process', pid: 71, user: 'www-data', name: 'nginx', commandLine: '/usr/sbin/nginx\0-g\0x\0' },
      {
        id: 9,
        kind: 'process',
        pid: 4242,
        user: 'root',
        name: 'curl',
        commandLine: '/usr/bin/curl\0-s\0http://a/b\0',
        exited: 1,
      },
    ],
    accounts: [
      { owner: 1, receivedBytes: second ? 5 : 0, sentPackets: 1 },
      { owner: 8, sentBytes: 3_000_000, sentPackets: 2000 },
      { owner: 9, receivedBytes: second ? 2000 : 0, receivedPackets: 2 },
    ],
    flows: [
      {
        id: 1,
        owner: 9,
        protocol: 6,
        localAddress: '10.0.0.1',
        localPort: 40000,
        remoteAddress: '10.0.0.2',
        remotePort: 80,
        receivedBytes: second ? 2000 : 0,
      },
      {
        id: 2,
        owner: 8,
        protocol: 6,
        localAddress: 'fe80::1',
        localPort: 443,
        remoteAddress: 'fe80::2',
        remotePort: 5000,
        sentBytes: 3_000_000,
      },
      {
        id: 3,
        owner: 1,
        protocol: 17,
        localAddress: '10.0.0.1',
        localPort: 53,
        remoteAddress: '10.0.0.9',
        remotePort: 9,
        receivedBytes: second ? 5 : 0,
      },
    ],
  };
}

function model(): Model {
  return buildModel(sample(rows(true), 2000), sample(rows(false), 1000));
}

function linesOf(text: string): readonly string[] {
  return text.split('\n');
}

test('the table lists interfaces, processes by what they receive, connections, and a total', () => {
  const text = renderTable(model(), options);
  const lines = linesOf(text);
  match(lines[0] ?? '', /^INTERFACE +SENT\/s +RECV\/s +SENT +RECEIVED$/);
  match(lines[1] ?? '', /^eth0 +0 +2\.0[01] kB\/s +3\.00 MB +2\.0[01] kB$/);
  match(lines[3] ?? '', /^ +PID +USER +PROGRAM +DEV +SENT\/s +RECV\/s +SENT +RECEIVED$/);
  match(lines[4] ?? '', /^ 4242 +root +\/usr\/bin\/curl \(exited\) +eth0 +0 +2\.00 kB\/s +0 +2\.00 kB$/);
  match(lines[5] ?? '', /^ +- +- +unknown: the owner is still being looked up +eth0 .* 5 +B\/s/);
  match(lines[6] ?? '', /^ +71 +www-data +\/usr\/sbin\/nginx +eth0 +0 +0 +3\.00 MB +0$/);
  match(lines[7] ?? '', /^TOTAL .* 3\.00 MB +2\.0[01] kB$/);
  match(text, /^ +71 +tcp +\[fe80::1\]:443 +\[fe80::2\]:5000/m);
  ok(lines.every((line) => line === line.trimEnd()));
});

test('where the counters of interfaces can be compared, their lines end with the share in the ledger', () => {
  const cut = { cutMs: 900, cutCounterReceivedBytes: 3_000_000, cutCountedReceivedBytes: 2_999_000 };
  const base = rows(true);
  const interfaces = (base.interfaces ?? []).map((row) => ({ ...row, ...cut }));
  const two = buildModel(sample({ ...base, interfaces }, 2000), sample(rows(false), 1000));
  const [title, eth0] = linesOf(renderTable(two, options));
  match(title ?? '', /RECEIVED +LEDGER$/);
  match(eth0 ?? '', /2\.0[01] kB +99\.96 %$/);
});

test('what crosses interfaces twice names the one where it counts', () => {
  const base = rows(true);
  const interfaces = [...(base.interfaces ?? []), { slot: 1, name: 'veth0' }];
  const accounts = [...(base.accounts ?? []), { owner: 9, interface: 1, sentBytes: 9e9, mirrored: 1, repeated: 1 }];
  const text = renderTable(buildModel(sample({ ...base, interfaces, accounts }, 2000), undefined), options);
  match(text, /curl \(exited\) +eth0 +0 +2\.00 kB/);
  match(text, /^veth0 +9\.00 GB/m);
});

test('the table of a file has no rates', () => {
  const text = renderTable(buildModel(sample(rows(true), 1000), undefined), options);
  ok(!/SENT\/s|RECV\/s|B\/s/.test(text));
  match(text, /nginx +eth0 +3\.00 MB +0\n/);
});

test('on a terminal PROGRAM is cut so that lines fit, and the number columns stay whole', () => {
  const text = renderTable({ ...model(), flows: undefined }, { ...options, columns: 80, commandLine: true });
  for (const line of linesOf(text)) ok(line.length <= 80, line);
  match(text, /unknown: the o.*….* eth0/);
});

test('-l shows arguments, -b cuts the path, -s sorts by sent', () => {
  const text = renderTable(model(), { ...options, commandLine: true, basename: true });
  match(text, / curl -s http:\/\/a\/b \(exited\) /);
  const first = (sortSent: boolean) =>
    linesOf(renderTable(buildModel(sample(rows(true), 1), undefined), { ...options, sortSent }))[4];
  match(first(true) ?? '', /nginx/);
  match(first(false) ?? '', /curl/);
});

test('losses and faults are said below the table', () => {
  const lossy = {
    ...model(),
    drops: { kernel: 3, interface: 0, table: 2 },
    faults: [{ code: 'kX', text: 'netlink refused' }],
  };
  match(
    renderTable(lossy, options),
    /\nNot complete: 3 packets dropped by the kernel, 2 without a place in the flow table\.\nnetlink refused\n$/,
  );
});

test('-P keeps the chosen process and one row for all the rest, so that sums stay true', () => {
  const chosen = selectPids(model(), new Set([4242]));
  deepEqual(
    chosen.owners.map((owner) => [owner.pid, owner.reason]),
    [
      [undefined, 'not-selected'],
      [4242, undefined],
    ],
  );
  const [others] = chosen.owners;
  deepEqual([others?.sentBytes, others?.receivedBytes, others?.receivedRate], [3_000_000, 5, 5]);
  deepEqual(
    others?.interfaces.map((share) => [share.name, share.sentBytes, share.receivedBytes]),
    [['eth0', 3_000_000, 5]],
  );
  deepEqual(
    chosen.flows?.map((flow) => flow.ownerId).sort((a, b) => a - b),
    [-1, -1, 9],
  );
  deepEqual(
    chosen.flowsOf(-1, 1).map((flow) => flow.protocol),
    ['udp'],
  );
  equal(chosen.flowTotalsOf(-1).get('tcp')?.sentBytes, 3_000_000);
  deepEqual(chosen.flowsOf(8), []);
});

test('-P with everything chosen changes nothing', () => {
  const whole = { ...model(), owners: model().owners.filter((owner) => owner.pid !== undefined) };
  equal(selectPids(whole, new Set([71, 4242])), whole);
});

test('a device that goes away or fails, a fault and the first loss are one message each', () => {
  const [first] = model().interfaces;
  ok(first);
  const eth0 = { ...first, addresses: ['192.0.2.7'] };
  const before = { ...model(), interfaces: [eth0] };
  const gone = {
    ...before,
    interfaces: [{ ...eth0, state: 'gone' as const }],
    drops: { kernel: 9, interface: 0, table: 0 },
  };
  deepEqual(describeChanges(before, before), []);
  const changes = describeChanges(gone, before);
  deepEqual(
    changes.map(({ level, text }) => [level, text.split(/[;]/)[0]]),
    [
      ['warn', 'eth0: the device is gone'],
      ['warn', 'the kernel dropped packets before they were read'],
    ],
  );
  deepEqual(describeChanges(gone, gone), []);
  const failed = { ...before, interfaces: [{ ...eth0, state: 'failed' as const, faultText: 'no memory' }] };
  deepEqual(describeChanges(failed, before), [{ level: 'warn', text: 'eth0: no memory' }]);
  deepEqual(describeChanges(before, undefined), [{ level: 'info', text: 'eth0: capturing' }]);
});
