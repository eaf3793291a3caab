// Tests: budgets: whose gains count, periods of local time with clocks that change or are set, rates that sway, restarts.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { type Budget, type BudgetGain, budgetStateOf, createBudgetMeasure } from '../src/model/budget.ts';
import { periodAt } from '../src/model/budget-period.ts';
import { budgetSentence } from '../src/model/budget-text.ts';
import { type BudgetWatch, createBudgetWatch } from '../src/model/budget-watch.ts';

const zone = process.env['TZ'];
const inZone = (name: string) => {
  process.env['TZ'] = name;
};
afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const gain = (sentBytes: number, more: Partial<BudgetGain> = {}): BudgetGain => ({
  ...{ kind: 'process', program: 'rsync', user: 'root', unit: 'backup.service', container: '', interface: 'eth0' },
  ...{ repeated: false, sentBytes, receivedBytes: 0 },
  ...more,
});
const daily: Budget = {
  ...{ name: 'b', by: 'program', match: 'rsync', direction: 'both', limitBytes: 1000, warn: 0.8 },
  span: { kind: 'period', per: 'day', monthStart: 1 },
};
const rate: Budget = { ...daily, limitBytes: 6000, span: { kind: 'window', seconds: 60 } };
const at = (wallMs: number, monotonicMs = wallMs) => ({ wallMs, monotonicMs });
const used = (watch: BudgetWatch) => watch.readings().map(({ usedBytes }) => usedBytes);
const HOUR = 3_600_000;

describe('whose gains count', () => {
  const measured = (budget: Partial<Budget>, ...gains: readonly BudgetGain[]) =>
    gains.map(createBudgetMeasure({ ...daily, ...budget }));

  test('a name is matched whole; * and ? stand for any text, and nothing else has a meaning', () => {
    const names = ['rsync', 'rsyncd', 'a.b', 'axb', '', '(x)+'];
    const gains = names.map((program) => gain(1, { program }));
    deepEqual(measured({ match: 'rsync' }, ...gains), [1, 0, 0, 0, 0, 0]);
    deepEqual(measured({ match: 'rsync*' }, ...gains), [1, 1, 0, 0, 0, 0]);
    deepEqual(measured({ match: 'a.b' }, ...gains), [0, 0, 1, 0, 0, 0]);
    deepEqual(measured({ match: 'a?b' }, ...gains), [0, 0, 1, 1, 0, 0]);
    deepEqual(measured({ match: '(x)+' }, ...gains), [0, 0, 0, 0, 0, 1]);
    deepEqual(measured({ match: '*' }, ...gains), [1, 1, 1, 1, 0, 1]);
  });
  test('what is repeated or has no process counts for an interface alone', () => {
    const repeated = gain(5, { repeated: true, interface: 'veth0' });
    const kernel = gain(7, { kind: 'kernel', program: 'rsync' });
    deepEqual(measured({}, repeated, kernel), [0, 0]);
    deepEqual(measured({ by: 'interface', match: '*' }, repeated, kernel), [5, 7]);
  });
  test('a direction leaves the other one out', () => {
    const both = gain(3, { receivedBytes: 40 });
    const of = (direction: Budget['direction']) => measured({ direction }, both)[0];
    deepEqual([of('sent'), of('received'), of('both')], [3, 40, 43]);
  });
});

describe('periods', () => {
  const hours = (per: Budget['span'] & { kind: 'period' }, wall: string) => {
    const { startMs, endMs } = periodAt(per.per, per.monthStart, Date.parse(wall));
    return [new Date(startMs).toISOString(), (endMs - startMs) / HOUR];
  };
  const span = (per: 'hour' | 'day' | 'month', monthStart = 1) => ({ kind: 'period', per, monthStart }) as const;

  test('a day lasts from midnight to midnight, 23 or 25 hours where summer time begins or ends', () => {
    inZone('Europe/Berlin');
    deepEqual(hours(span('day'), '2026-03-29T10:00:00Z'), ['2026-03-28T23:00:00.000Z', 23]);
    deepEqual(hours(span('day'), '2026-10-25T10:00:00Z'), ['2026-10-24T22:00:00.000Z', 25]);
  });
  test('the hour that comes twice is two periods', () => {
    inZone('Europe/Berlin');
    deepEqual(hours(span('hour'), '2026-10-25T00:30:00Z'), ['2026-10-25T00:00:00.000Z', 1]);
    deepEqual(hours(span('hour'), '2026-10-25T01:30:00Z'), ['2026-10-25T01:00:00.000Z', 1]);
    inZone('Asia/Kolkata');
    deepEqual(hours(span('hour'), '2026-10-25T00:45:00Z'), ['2026-10-25T00:30:00.000Z', 1]);
  });
  test('a month begins on its day, also over the end of a year', () => {
    inZone('UTC');
    deepEqual(hours(span('month', 15), '2027-01-14T23:59:59Z'), ['2026-12-15T00:00:00.000Z', 31 * 24]);
    deepEqual(hours(span('month', 15), '2027-01-15T00:00:00Z'), ['2027-01-15T00:00:00.000Z', 31 * 24]);
    deepEqual(hours(span('month'), '2028-02-29T12:00:00Z'), ['2028-02-01T00:00:00.000Z', 29 * 24]);
  });
});

describe('a budget of a period', () => {
  const DAY1 = Date.UTC(2026, 10, 26, 12);

  test('each change of its state is told once; a new period begins at 0', () => {
    inZone('UTC');
    const watch = createBudgetWatch([daily], undefined);
    const told = [700, 100, 150, 49, 1, 1000, 5].map((bytes, second) =>
      watch.add([gain(bytes)], at(DAY1 + second * 1000)).map(({ before, reading }) => `${before} ${reading.state}`),
    );
    deepEqual(told, [[], ['ok warn'], [], [], ['warn exceeded'], [], []]);
    const [change] = watch.add([gain(9)], at(Date.UTC(2026, 10, 27), DAY1 + 8000));
    deepEqual([change?.reading.state, change?.reading.usedBytes], ['ok', 9]);
    equal(change && budgetSentence(change), 'budget "b" is kept again: 9 B of 1.00 kB today, 0.9 % (program rsync)');
  });
  test('bytes that move between owners that both match count once, and those that leave are taken back', () => {
    inZone('UTC');
    const watch = createBudgetWatch([{ ...daily, by: 'interface', match: 'eth0' }, daily], undefined);
    watch.add([gain(500, { kind: 'unattributed', program: 'unattributed' })], at(DAY1));
    deepEqual(used(watch), [500, 0]);
    watch.add([gain(-500, { kind: 'unattributed', program: 'unattributed' }), gain(500)], at(DAY1 + 1000));
    deepEqual(used(watch), [500, 500]);
    watch.add([gain(-200)], at(DAY1 + 2000));
    deepEqual(used(watch), [300, 300]);
  });
  test('a clock that was a day ahead and is set right goes on with what was used, and the real next day begins at 0', () => {
    inZone('UTC');
    const watch = createBudgetWatch([daily], undefined);
    watch.add([gain(900)], at(DAY1, 0));
    watch.add([gain(10)], at(DAY1 + 24 * HOUR, 1000));
    deepEqual(used(watch), [10]);
    watch.add([gain(1)], at(DAY1 + 2000, 2000));
    deepEqual(used(watch), [911]);
    watch.add([gain(2)], at(DAY1 + 12 * HOUR + 2000, 12 * HOUR + 2000));
    deepEqual(used(watch), [2]);
  });
  test('a clock that starts in 1970 and is set right resets nothing and doubles nothing, over restarts, too', () => {
    inZone('UTC');
    const first = createBudgetWatch([daily], undefined);
    first.add([gain(900)], at(DAY1, 0));
    const second = createBudgetWatch([daily], { savedMs: DAY1, records: first.records() });
    second.add([gain(10)], at(5000, 0));
    deepEqual(used(second), [910]);
    const third = createBudgetWatch([daily], { savedMs: 5000, records: JSON.parse(JSON.stringify(second.records())) });
    third.add([gain(1)], at(6000, 0));
    third.add([gain(2)], at(DAY1 + 60_000, 1000));
    deepEqual(used(third), [913]);
  });
  test('another process goes on where one was killed: same use, same state, nothing told again', () => {
    inZone('UTC');
    const first = createBudgetWatch([daily], undefined);
    equal(first.add([gain(1200)], at(DAY1)).length, 1);
    const saved = { savedMs: DAY1, records: JSON.parse(JSON.stringify(first.records())) };
    const second = createBudgetWatch([daily], saved);
    deepEqual(second.add([gain(5)], at(DAY1 + 3000, 7)), []);
    const [reading] = second.readings();
    deepEqual([reading?.usedBytes, reading?.state, reading?.sinceMs], [1205, 'exceeded', DAY1]);
    const later = createBudgetWatch([daily], saved);
    equal(later.add([gain(5)], at(DAY1 + 24 * HOUR, 7))[0]?.reading.usedBytes, 5);
  });
  test('a higher limit is in force at once and forgets nothing; another match begins anew', () => {
    inZone('UTC');
    const first = createBudgetWatch([daily], undefined);
    first.add([gain(1010)], at(DAY1));
    const saved = { savedMs: DAY1, records: first.records() };
    const higher = createBudgetWatch([{ ...daily, limitBytes: 1100 }], saved);
    equal(higher.add([], at(DAY1 + 1000))[0]?.reading.state, 'warn');
    deepEqual(used(higher), [1010]);
    const other = createBudgetWatch([{ ...daily, match: 'curl' }], saved);
    other.add([], at(DAY1 + 1000));
    deepEqual(used(other), [0]);
  });
});

describe('a budget of a rate', () => {
  test('is the mean of its time: it begins when that is above the limit, and what sways about the limit is told once', () => {
    const watch = createBudgetWatch([rate], undefined);
    const told: string[] = [];
    for (let second = 0; second < 600; second++) {
      const bytes = second < 120 ? 70 : second < 420 ? 100 + (second % 2 === 0 ? 6 : -6) : 50;
      const changes = watch.add([gain(bytes)], at(second * 1000));
      told.push(...changes.map(({ reading }) => `${reading.state}${second >= 420 ? ' later' : ''}`));
    }
    deepEqual(told, ['warn', 'exceeded', 'warn later', 'ok later']);
  });
  test('a burst ages out of it to the last byte, and the clock of the day does not matter', () => {
    const watch = createBudgetWatch([rate], undefined);
    watch.add([gain(9000)], at(5_000_000, 500));
    equal(watch.readings()[0]?.state, 'exceeded');
    watch.add([], at(100, 30_500));
    deepEqual(used(watch), [9000]);
    watch.add([], at(9_000_000, 62_000));
    deepEqual(used(watch), [0]);
  });
  test('a restart takes the time between into account', () => {
    const first = createBudgetWatch([rate], undefined);
    first.add([gain(9000)], at(1_000_000, 777));
    const saved = { savedMs: 1_000_000, records: first.records() };
    const soon = createBudgetWatch([rate], saved);
    deepEqual(soon.add([], at(1_010_000, 123_456)), []);
    deepEqual(used(soon), [9000]);
    soon.add([], at(1_063_000, 176_456));
    deepEqual(used(soon), [0]);
    const late = createBudgetWatch([rate], saved);
    equal(late.add([], at(2_000_000, 5))[0]?.reading.state, 'ok');
  });
});

test('a state ends later than it began', () => {
  ok(budgetStateOf(0.95, 0.8, 'exceeded') === 'exceeded' && budgetStateOf(0.95, 0.8, 'ok') === 'warn');
  deepEqual(
    [budgetStateOf(0.89, 0.8, 'exceeded'), budgetStateOf(0.73, 0.8, 'exceeded'), budgetStateOf(0.71, 0.8, 'warn')],
    ['warn', 'warn', 'ok'],
  );
});
