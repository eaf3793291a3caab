// Tests: numbers as C++ streams print them, which nethogs' trace format shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatG } from '../src/export/float-text.ts';

// Right-hand sides are what printf(3) prints for "%g".
const CASES: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [1651.7, '1651.7'],
  [12_622_670, '1.26227e+07'],
  [999_999, '999999'],
  [999_999.5, '1e+06'],
  [1_000_000, '1e+06'],
  [99_999.95, '99999.9'],
  [99_999.96, '100000'],
  [100_000, '100000'],
  [0.0001, '0.0001'],
  [0.00009999999, '0.0001'],
  [0.0000123456, '1.23456e-05'],
  [0.1 + 0.2, '0.3'],
  [123_456.7, '123457'],
  [1e100, '1e+100'],
  [2.5e-7, '2.5e-07'],
];

test('numbers are printed as %g prints them', () => {
  for (const [value, text] of CASES) assert.equal(formatG(value), text);
});
