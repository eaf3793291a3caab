// Owns: vectors for numbers as people read them, above all where rounding changes the unit.
// Knows nothing of: screens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatCount,
  formatDuration,
  formatLinkSpeed,
  formatMemory,
  formatPercent,
  formatRate,
  formatSize,
  formatUptime,
  nextUnitMode,
  quantityText,
  rateUnitWidth,
  sizeUnitWidth,
  UNIT_MODES,
  type UnitMode,
  VALUE_WIDTH,
} from '../src/base/units.ts';

const SI: UnitMode = { base: 'si', quantity: 'bytes' };
const BINARY: UnitMode = { base: 'binary', quantity: 'bytes' };
const SI_BITS: UnitMode = { base: 'si', quantity: 'bits' };

test('rates have three significant digits and the unit in its own place', () => {
  const vectors: readonly (readonly [number, string])[] = [
    [0, '   0     '],
    [Number.NaN, '   -     '],
    [Number.POSITIVE_INFINITY, '   -     '],
    [0.2, '  <1  B/s'],
    [98, '  98  B/s'],
    [999.4, ' 999  B/s'],
    [999.5, '1.00 kB/s'],
    [1000, '1.00 kB/s'],
    [9994, '9.99 kB/s'],
    [9996, '10.0 kB/s'],
    [99_940, '99.9 kB/s'],
    [99_960, ' 100 kB/s'],
    [410_000, ' 410 kB/s'],
    [999_499, ' 999 kB/s'],
    [999_500, '1.00 MB/s'],
    [61_200_000, '61.2 MB/s'],
    [1e9, '1.00 GB/s'],
  ];
  for (const [value, text] of vectors) assert.equal(quantityText(formatRate(value, SI)), text, `${value}`);
});

test('the other unit modes', () => {
  assert.equal(quantityText(formatSize(1.21e12, SI)), '1.21 TB');
  assert.equal(quantityText(formatSize(1024, BINARY)), '1.00 KiB');
  assert.equal(quantityText(formatSize(1000, BINARY)), '0.98 KiB', 'four digits never appear');
  assert.equal(quantityText(formatSize(61 * 2 ** 20, BINARY)), '61.0 MiB');
  assert.equal(quantityText(formatSize(999.6 * 2 ** 20, BINARY)), '0.98 GiB');
  assert.equal(quantityText(formatRate(125_000, SI_BITS)), '1.00 Mbit/s');
  assert.equal(quantityText(formatRate(2 ** 17, { base: 'binary', quantity: 'bits' })), '1.00 Mibit/s');
  assert.equal(quantityText(formatSize(12, SI)), '  12  B');
  assert.equal(quantityText(formatCount(812)), ' 812  ');
  assert.equal(quantityText(formatCount(1024)), '1.02 k');
  assert.equal(formatSize(0, SI).kind, 'zero');
});

test('a residual may be negative and has three digits as all numbers have', () => {
  assert.equal(quantityText(formatSize(-12, SI)), ' -12  B');
  assert.equal(quantityText(formatSize(-1234, SI)), '-1.23 kB');
  assert.equal(quantityText(formatSize(-999.5, SI)), '-1.00 kB');
  assert.equal(quantityText(formatSize(-410_200, SI)), '-410 kB');
  assert.equal(quantityText(formatSize(-0.1, SI)), ' >-1  B');
});

test('no value ever changes the width of its column or shows four digits before a unit', () => {
  for (const mode of UNIT_MODES) {
    for (let exponent = -1; exponent < 27; exponent += 0.003) {
      for (const value of [10 ** exponent, Math.round(10 ** exponent), -(10 ** exponent)]) {
        const rate = formatRate(value, mode);
        const size = formatSize(value, mode);
        assert.ok(
          rate.value.length === VALUE_WIDTH || (value < 0 && rate.value.length === VALUE_WIDTH + 1),
          `${value} ${JSON.stringify(rate)}`,
        );
        assert.equal(rate.unit.length, rateUnitWidth(mode));
        assert.equal(size.unit.length, sizeUnitWidth(mode));
        if (/\d/.test(size.value) && value < 1e26) assert.ok(Math.abs(Number(size.value.replace(/[<>]/, ''))) < 1000);
      }
    }
  }
});

test('what is shown differs from the value by at most half a unit of the third digit', () => {
  const scale = new Map([
    ['B', 1],
    ['kB', 1e3],
    ['MB', 1e6],
    ['GB', 1e9],
    ['TB', 1e12],
  ]);
  for (let value = 1; value < 9e14; value = Math.ceil(value * 1.0137)) {
    const { value: text, unit } = formatSize(value, SI);
    const shown = Number(text) * (scale.get(unit.trim()) ?? 0);
    if (scale.has(unit.trim())) assert.ok(Math.abs(shown - value) <= 0.00501 * value, `${value} -> ${text} ${unit}`);
  }
});

test('unit modes follow each other in a circle', () => {
  let mode = SI;
  const seen = UNIT_MODES.map(() => {
    mode = nextUnitMode(mode);
    return `${mode.base} ${mode.quantity}`;
  });
  assert.deepEqual(mode, SI);
  assert.equal(new Set(seen).size, 4);
});

test('memory is written as htop writes it', () => {
  const vectors: readonly (readonly [number, string])[] = [
    [0, '0K'],
    [1023, '1023K'],
    [1024, '1.00M'],
    [10239, '10.0M'],
    [102399, '100M'],
    [1048575, '1024M'],
    [104857600, '100G'],
    [24684096, '23.5G'],
    [6200000, '5.91G'],
    [Number.NaN, '-'],
  ];
  for (const [kib, text] of vectors) assert.equal(formatMemory(kib), text, `${kib}`);
});

test('the speed of a link is written as links are called', () => {
  const texts = [1e7, 1e8, 1e9, 2.5e9, 1e10, 4e11].map((bits) => formatLinkSpeed(bits / 8));
  assert.deepEqual(texts, ['10 Mbit/s', '100 Mbit/s', '1 Gbit/s', '2.5 Gbit/s', '10 Gbit/s', '400 Gbit/s']);
});

test('uptime is written as htop writes it', () => {
  assert.equal(formatUptime(59.9), '00:00:59');
  assert.equal(formatUptime(86399), '23:59:59');
  assert.equal(formatUptime(86400), '1 day, 00:00:00');
  assert.equal(formatUptime(12 * 86400 + 11640), '12 days, 03:14:00');
  assert.equal(formatUptime(100 * 86400), '100 days, 00:00:00');
  assert.equal(formatUptime(101 * 86400 + 61), '101 days(!), 00:01:01');
});

test('durations and percentages have a constant width', () => {
  assert.deepEqual([0, 14.9, 192, 7500, 12 * 86400 + 4 * 3600, 412 * 86400, Number.NaN].map(formatDuration), [
    '    0s',
    '   14s',
    ' 3m12s',
    ' 2h05m',
    '12d04h',
    '  412d',
    '     -',
  ]);
  assert.deepEqual([0, 0.04, 0.4, 41.26, 99.94, 99.96, 812.4, Number.NaN].map(formatPercent), [
    '   0',
    ' 0.0',
    ' 0.4',
    '41.3',
    '99.9',
    ' 100',
    ' 812',
    '   -',
  ]);
});
