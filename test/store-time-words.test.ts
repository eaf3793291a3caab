// Owns: the times that people type for the history.
// Knows nothing of: the history.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '../src/store/time-words.ts';

function inBerlin(work: () => void): void {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    work();
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
}

test('days begin at local midnight, also on the days when the clocks change', () => {
  inBerlin(() => {
    const noon = Date.UTC(2026, 2, 30, 10);
    assert.equal(parseTime('today', noon), Date.UTC(2026, 2, 29, 22));
    assert.equal(parseTime('yesterday', noon), Date.UTC(2026, 2, 28, 23), 'that day has 23 hours');
    assert.equal(parseTime('2026-11-24 22:00', noon), Date.UTC(2026, 10, 24, 21));
    assert.equal(parseTime('2026-11-24T22:00Z', noon), Date.UTC(2026, 10, 24, 22));
  });
});

test('a while ago is counted back from now; what is no time is none', () => {
  const now = 1_800_000_000_000;
  const hour = 3_600_000;
  assert.deepEqual(
    ['now', '2h ago', '2 hours ago', '90m', '1 day ago', '2 weeks ago'].map(
      (text) => now - (parseTime(text, now) ?? 0),
    ),
    [0, 2 * hour, 2 * hour, 1.5 * hour, 24 * hour, 14 * 24 * hour],
  );
  assert.deepEqual(
    ['30 minutes ago', '1 minute ago', '90 seconds ago', '10 min ago', '30s'].map(
      (text) => now - (parseTime(text, now) ?? 0),
    ),
    [1_800_000, 60_000, 90_000, 600_000, 30_000],
  );
  const none = ['', 'soon', '2x ago', '2026-02-30', '2026-11-24 25:00', '-1h', '1e9h', '999999999 months ago'];
  const alike = ['24:00', '11:60', '1', '12345678', '123456789012', '2026-11-27T11:40+25:00', '2026-11-27T11:40+1'];
  for (const text of [...none, ...alike]) {
    assert.equal(parseTime(text, now), undefined, text);
  }
});

test('a month ago is the same day and time of the month before, or its last day', () => {
  inBerlin(() => {
    const now = Date.UTC(2026, 2, 31, 10, 15, 30, 250);
    assert.equal(parseTime('1 month ago', now), Date.UTC(2026, 1, 28, 11, 15, 30, 250), 'winter time');
    assert.equal(parseTime('13 months ago', now), Date.UTC(2025, 1, 28, 11, 15, 30, 250));
    assert.equal(parseTime('2 months ago', now), Date.UTC(2026, 0, 31, 11, 15, 30, 250));
    assert.equal(parseTime('1 year ago', now), Date.UTC(2025, 2, 31, 10, 15, 30, 250));
  });
});

test('what programs write: seconds and milliseconds since 1970, ISO 8601 with an offset, also where + became a space', () => {
  const now = 1_800_000_000_000;
  const time = Date.UTC(2026, 10, 27, 10, 40);
  const texts = [
    '2026-11-27T11:40:00+01:00',
    '2026-11-27T11:40:00 01:00',
    '2026-11-27 11:40+0100',
    '2026-11-27T11:40+01',
  ];
  for (const text of [
    ...texts,
    '2026-11-27T05:10:00-05:30',
    '2026-11-27T10:40:00.000Z',
    '1795776000',
    '1795776000000',
  ]) {
    assert.equal(parseTime(text, now), time, text);
  }
  assert.equal(parseTime('2026-11-27T10:40:00.1239Z', now), time + 123);
  assert.equal(parseTime('1795776000.25', now), time + 250);
});

test('a time of day is the last one that has been', () => {
  inBerlin(() => {
    const noon = Date.UTC(2026, 10, 27, 11);
    assert.equal(parseTime('11:50', noon), noon - 600_000);
    assert.equal(parseTime('12:00', noon), noon);
    assert.equal(parseTime('12:00:01', noon), noon - 86_399_000);
    assert.equal(parseTime('9:05', noon), Date.UTC(2026, 10, 27, 8, 5));
    // 02:30 was at 00:30 UTC and, after the clocks went back, at 01:30 UTC.
    assert.equal(parseTime('2:30', Date.UTC(2026, 9, 25, 11)), Date.UTC(2026, 9, 25, 1, 30));
    assert.equal(parseTime('2:30', Date.UTC(2026, 9, 25, 1, 10)), Date.UTC(2026, 9, 25, 0, 30));
  });
});
