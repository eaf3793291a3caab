// Tests: the lines of --json: keys, books that close, exited processes, the schema.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonLines } from '../src/export/json-lines.ts';
import { createModelBuilder } from '../src/model/build-model.ts';
import { matchesFile } from './support/golden.ts';
import { assertValid } from './support/json-valid.ts';
import { sampleOf } from './support/sample-builder.ts';
import type { SnapshotRows } from './support/snapshot-builder.ts';
import { BEFORE, LATER, NOW } from './support/world.ts';

interface Bytes {
  readonly sentTotal: number;
  readonly receivedTotal: number;
}
interface Named extends Bytes {
  readonly name: string;
  readonly mirrored: boolean;
  readonly repeated: boolean;
}
interface Row extends Bytes {
  readonly kind: string;
  readonly reason: string | null;
  readonly pid: number | null;
  readonly startTime: string | null;
  readonly exe: string | null;
  readonly cmdline: string | null;
  readonly uid: number | null;
  readonly user: string | null;
  readonly state: string;
  readonly sentRate: number | null;
  readonly interfaces: readonly Named[];
}
interface BothWays {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}
interface Interface extends BothWays {
  readonly name: string;
  readonly recoveredSentBytes: number;
  readonly recoveredReceivedBytes: number;
  readonly ledger: {
    readonly parts: readonly BothWays[];
    readonly wire: BothWays;
    readonly cut: Readonly<Record<'counter' | 'counted' | 'dropped' | 'residual', BothWays>> | null;
  };
}
interface Line {
  readonly intervalMs: number;
  readonly interfaces: readonly Interface[];
  readonly processes: readonly Row[];
  readonly exitedEarlier: Bytes & { readonly interfaces: readonly Named[] };
  readonly total: Bytes;
  readonly connections: readonly Readonly<Record<string, unknown>>[] | null;
}

function lines(worlds: readonly SnapshotRows[], connections = false): Line[] {
  const build = createModelBuilder();
  const render = createJsonLines({ connections });
  return worlds.map((rows) => {
    const text = render(build(sampleOf(rows)));
    assert.equal(text.indexOf('\n'), text.length - 1);
    const line: unknown = JSON.parse(text);
    assertValid(line);
    return line as Line;
  });
}

const pids = (line: Line | undefined) => line?.processes.map((row) => row.pid);

test('two refreshes are written as documented', () => {
  const text = lines([BEFORE, NOW], true).map((line) => JSON.stringify(line, null, 1));
  matchesFile('test/golden/json-lines.txt', `${text.join('\n')}\n`);
});

test('a process that has ended is listed once more with its final totals and then left out', () => {
  const [first, second, third, fourth] = lines([BEFORE, NOW, LATER, LATER]);
  assert.ok(pids(first)?.includes(71_022));
  const last = second?.processes.find((row) => row.pid === 71_022);
  assert.equal(last?.state, 'exited');
  assert.equal(last?.receivedTotal, 5900);
  for (const line of [third, fourth]) {
    assert.ok(!pids(line)?.includes(71_022));
    assert.equal(line?.exitedEarlier.receivedTotal, 5900 + 12);
  }
});

test('an ended process is listed again when late packets are found to be its own', () => {
  const accounts = NOW.accounts?.map((row) => (row.owner === 41 ? { ...row, receivedBytes: 5966 } : row)) ?? [];
  const [, , third, fourth] = lines([BEFORE, NOW, { ...NOW, accounts }, { ...NOW, accounts }]);
  assert.ok(pids(third)?.includes(71_022));
  assert.ok(!pids(fourth)?.includes(71_022));
  assert.equal(fourth?.exitedEarlier.receivedTotal, 5966 + 12);
});

test('in every line the shares of an interface, turned as it sees them, are what it captured and recovered', () => {
  for (const line of lines([BEFORE, NOW, LATER, LATER])) {
    for (const each of line.interfaces) {
      const shares = [...line.processes, line.exitedEarlier].flatMap((row) => row.interfaces);
      const own = shares.filter((share) => share.name === each.name);
      const turned = own.map((share) => (share.mirrored ? swap(share) : share));
      assert.equal(sum(turned, 'sentTotal'), each.sentBytes + each.recoveredSentBytes);
      assert.equal(sum(turned, 'receivedTotal'), each.receivedBytes + each.recoveredReceivedBytes);
      assert.equal(sum(turned, 'sentTotal'), each.ledger.wire.sentBytes);
      assert.equal(sum(turned, 'receivedTotal'), each.ledger.wire.receivedBytes);
    }
  }
});

test('in every line the rows are the sums of their shares without repeated ones, and the total that of the rows', () => {
  for (const line of lines([BEFORE, NOW, LATER, LATER])) {
    const rows = [...line.processes, line.exitedEarlier];
    for (const row of rows) {
      const counted = row.interfaces.filter((share) => !share.repeated);
      assert.equal(sum(counted, 'sentTotal'), row.sentTotal);
      assert.equal(sum(counted, 'receivedTotal'), row.receivedTotal);
    }
    assert.equal(sum(rows, 'sentTotal'), line.total.sentTotal);
    assert.equal(sum(rows, 'receivedTotal'), line.total.receivedTotal);
  }
});

test('in every line the ledger of an interface closes: at the cut, and over its parts', () => {
  const ledgers = lines([BEFORE, NOW]).flatMap((line) => line.interfaces.map((each) => each.ledger));
  for (const { parts, wire, cut } of ledgers) {
    for (const way of ['sentBytes', 'receivedBytes'] as const) {
      assert.equal(
        parts.reduce((all, part) => all + part[way], 0),
        wire[way],
      );
      assert.equal(
        cut?.counter[way],
        Number(cut?.counted[way]) + Number(cut?.dropped[way]) + Number(cut?.residual[way]),
      );
    }
  }
  assert.ok(ledgers.some(({ cut }) => Number(cut?.dropped.receivedBytes) > 0));
});

function swap(share: Named): Named {
  return { ...share, sentTotal: share.receivedTotal, receivedTotal: share.sentTotal };
}

function sum(rows: readonly Bytes[], key: keyof Bytes): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

test('connections are null unless asked for', () => {
  assert.equal(lines([NOW])[0]?.connections, null);
  assert.equal(lines([NOW], true)[0]?.connections?.length, 3);
});

test('what a row cannot have is null, and rates are null in the first line only', () => {
  const [first, second] = lines([BEFORE, NOW]);
  const kernel = first?.processes.find((row) => row.kind === 'kernel');
  for (const key of ['pid', 'startTime', 'exe', 'cmdline', 'uid', 'user', 'sentRate'] as const)
    assert.equal(kernel?.[key], null);
  assert.equal(kernel?.reason, 'icmp');
  const postgres = second?.processes.find((row) => row.pid === 48_211);
  assert.equal(postgres?.sentRate, 61_200_000);
  assert.equal(postgres?.startTime, '2026-01-02T03:03:53.211Z');
  assert.equal(postgres?.reason, null);
});

test('counters beyond 32 bits are exact integers', () => {
  const bytes = 9_007_199_254_740_991;
  const row = { receivedBytes: bytes };
  const [line] = lines([
    { meta: [{ realtimeMs: 1 }], owners: [{ kind: 'kernel' }], accounts: [row], interfaces: [row] },
  ]);
  assert.equal(line?.total.receivedTotal, bytes);
  assert.equal(line?.processes[0]?.receivedTotal, bytes);
});
