// Tests: gains between refreshes: whatever moves, ends, is folded or starts again, their sums are those of the snapshots.
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { carriedOwners, takeCarry, withCarry } from '../src/model/carry.ts';
import type { Model, OwnerRow } from '../src/model/model.ts';
import { createHistoryAccount, type HistoryAccount } from '../src/store/history-account.ts';
import type { HistoryRow } from '../src/store/history-row.ts';
import { flowRow } from './support/view-flows.ts';
import { fixtureModel, processRow, reasonRow } from './support/view-model.ts';

const curl = (sent: number, more: Partial<OwnerRow> = {}) =>
  processRow(40, 100, 'ann', '/usr/bin/curl', [0, 0, sent, 2 * sent], more);
const nginx = (sent: number) => processRow(41, 101, 'www', '/usr/sbin/nginx', [0, 0, sent, 2 * sent]);
const nobody = (sent: number) => reasonRow(0, 'unattributed', 'pending', '', [0, 0, sent, 2 * sent]);
const exitedEarlier = (sent: number): OwnerRow => ({
  ...processRow(1, 0, '', 'exited', [0, 0, sent, 2 * sent], { state: 'exited' }),
  pid: undefined,
});
const model = (owners: readonly OwnerRow[], more: object = {}) => fixtureModel({ owners, flows: [], ...more });
const sum = (rows: readonly HistoryRow[]) => {
  const own = rows.filter(({ owner }) => !owner.repeated);
  return [0, 1].map((way) => own.reduce((all, { amounts }) => all + (amounts[way] ?? 0), 0));
};
const snapshotSum = ({ owners }: Model) => [
  owners.reduce((all, row) => all + row.sentBytes, 0),
  owners.reduce((all, row) => all + row.receivedBytes, 0),
];
const byProgram = (rows: readonly HistoryRow[]) => {
  const sums = new Map<string, number>();
  for (const { owner, amounts } of rows) sums.set(owner.program, (sums.get(owner.program) ?? 0) + amounts[0]);
  return Object.fromEntries([...sums].filter(([, bytes]) => bytes !== 0).sort());
};
/** Every snapshot, with what `take` gave after each. */
function run(account: HistoryAccount, models: readonly Model[]): readonly HistoryRow[] {
  return models.flatMap((each) => {
    account.add(each);
    return account.take();
  });
}

test('bytes that find their owner a second later leave where they were, to the byte, with and without a row that stays', () => {
  for (const after of [[nobody(0), curl(900)], [curl(900)], [nobody(100), curl(800)]]) {
    const models = [model([nobody(700)]), model(after), model(after)];
    const rows = run(createHistoryAccount({ baseline: [] }), models);
    deepEqual(sum(rows), snapshotSum(models[2] as Model));
    equal(byProgram(rows)['curl'], after.at(-1)?.sentBytes);
  }
});
test('within one write bytes that moved are where they ended', () => {
  const account = createHistoryAccount({ baseline: [] });
  for (const each of [model([nobody(700)]), model([curl(700)])]) account.add(each);
  deepEqual(byProgram(account.take()), { curl: 700 });
});
test('a process that ends, is folded into those that ended earlier, and whose number another one gets, counts once', () => {
  const models = [
    model([curl(500), nginx(10)]),
    model([curl(800, { state: 'exited' }), nginx(20)]),
    model([exitedEarlier(850), nginx(30)]),
    model([exitedEarlier(850), processRow(42, 100, 'bob', '/usr/bin/wget', [0, 0, 7, 14]), nginx(30)]),
  ];
  const rows = run(createHistoryAccount({ baseline: [] }), models);
  deepEqual(sum(rows), snapshotSum(models[3] as Model));
  deepEqual(byProgram(rows), { curl: 800, exited: 50, nginx: 30, wget: 7 });
});
test('a collector that starts again counts neither what was carried nor loses what came before its first refresh', () => {
  const carry = takeCarry(model([curl(500), nginx(40), exitedEarlier(60)]));
  const lives = (pid: number) => pid === 100;
  // The new engine gives its own numbers: 40 is nginx now.
  const fresh = (owners: readonly OwnerRow[]) => withCarry(model(owners), carry, lives);
  const models = [
    fresh([{ ...nginx(3), id: 40 }]),
    fresh([
      { ...nginx(5), id: 40 },
      { ...curl(11), id: 41 },
    ]),
    fresh([
      { ...nginx(5), id: 40 },
      { ...curl(11), id: 41 },
      { ...exitedEarlier(9), id: 1 },
    ]),
  ];
  const account = createHistoryAccount({ baseline: carriedOwners(carry, lives) });
  const rows = run(account, models);
  deepEqual(byProgram(rows), { curl: 11, exited: 9, nginx: 5 });
  const [sent = 0] = snapshotSum(models[2] as Model);
  equal(sum(rows)[0], sent - 600);
});
test('connections that the full flow table does not hold are counted without a remote end, and nothing else changes', () => {
  const flows = (sent: number) => [flowRow('1.1', 40, '203.0.113.7', 443, [0, 0, sent, 2 * sent])];
  const models = [
    model([curl(100)], { flows: flows(100) }),
    model([curl(400)], { flows: flows(200) }),
    model([curl(900)], { flows: [] }),
  ];
  const rows = run(createHistoryAccount({ baseline: [] }), models);
  const byRemote = (remote: string) => sum(rows.filter(({ owner }) => owner.remote === remote))[0];
  deepEqual([byRemote('203.0.113.0/24'), byRemote('')], [200, 700]);
  deepEqual(sum(rows), snapshotSum(models[2] as Model));
});
test('whatever moves between whom in a thousand refreshes, the sums stay those of the snapshots', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const bytes = [0, 0, 0];
  const account = createHistoryAccount({ baseline: [] });
  const rows: HistoryRow[] = [];
  let last = model([]);
  for (let n = 0; n < 1000; n++) {
    const [from, to] = [random(3), random(3)];
    bytes[to] = (bytes[to] ?? 0) + random(1000);
    const moved = random((bytes[from] ?? 0) + 1);
    bytes[from] = (bytes[from] ?? 0) - moved;
    bytes[to] = (bytes[to] ?? 0) + moved;
    last = model(
      [nobody(bytes[0] ?? 0), curl(bytes[1] ?? 0), nginx(bytes[2] ?? 0)].filter(({ sentBytes }) => sentBytes > 0),
    );
    account.add(last);
    if (random(3) === 0) rows.push(...account.take());
  }
  rows.push(...account.take());
  deepEqual(sum(rows), snapshotSum(last));
});
