// Owns: the times that people type for the history.
// Knows nothing of: the history.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '../src/store/time-words.ts';

test('days begin at local midnight, also on the days when the clocks change', () => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    const noon = Date.UTC(2026, 2, 30, 10);
    assert.equal(parseTime('today', noon), Date.UTC(2026, 2, 29, 22));
    assert.equal(parseTime('yesterday', noon), Date.UTC(2026, 2, 28, 23), 'that day has 23 hours');
    assert.equal(parseTime('2026-11-24 22:00', noon), Date.UTC(2026, 10, 24, 21));
    assert.equal(parseTime('2026-11-24T22:00Z', noon), Date.UTC(2026, 10, 24, 22));
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('a while ago is counted back from now; what is no time is none', () => {
  const now = 1_800_000_000_000;
  const hour = 3_600_000;
  assert.deepEqual(
    ['now', '2h ago', '2 hours ago', '90m', '1 day ago'].map((text) => now - (parseTime(text, now) ?? 0)),
    [0, 2 * hour, 2 * hour, 1.5 * hour, 24 * hour],
  );
  for (const text of ['', 'soon', '2x ago', '2026-02-30', '2026-11-24 25:00', '-1h', '1e9h']) {
    assert.equal(parseTime(text, now), undefined, text);
  }
});
