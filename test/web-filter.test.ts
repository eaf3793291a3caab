// Tests: the filter of the page: ages as on the terminal, and programs as the chart calls them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webModule } from './support/web-module.ts';

type Compiled = { readonly matches: (row: unknown) => boolean } | { readonly problem: string };
const { compile } = await webModule<{ compile(text: string, now: () => number): Compiled }>('filter.js');

const NOW = Date.UTC(2026, 10, 26, 12);
const row = (name: string, ageSeconds: number, more: object = {}) => ({
  ...{ kind: 'process', name, program: name, exe: `/usr/bin/${name}`, cmdline: '', interfaces: [] },
  ...{ startTime: new Date(NOW - ageSeconds * 1000).toISOString(), ...more },
});
const kernel = { kind: 'kernel', name: 'kernel', program: 'kernel', exe: null, startTime: null, interfaces: [] };

function found(text: string, rows: readonly { readonly name: string }[]): readonly string[] | string {
  const compiled = compile(text, () => NOW);
  return 'problem' in compiled ? compiled.problem : rows.filter(compiled.matches).map(({ name }) => name);
}

test('ages have the units of the terminal, and what has no start has no age', () => {
  const rows = [
    row('new', 20),
    row('hour', 3700),
    row('week', 700_000),
    row('gone', 90_000, { endedAt: NOW - 85_000_000 }),
    kernel,
  ];
  assert.deepEqual(found('age<30s', rows), ['new']);
  assert.deepEqual(found('age>=1h age<2d', rows), ['hour', 'gone']);
  assert.deepEqual(found('age>7d', rows), ['week']);
  assert.deepEqual(found('not age<90', rows), ['hour', 'week', 'gone', 'kernel']);
  assert.equal(found('age<5x', rows), 'age: "5x" is not a number, such as 30s or 5m');
});

test('a name is that of the chart, too, and may hold a comma in quotes', () => {
  const titled = row('worker', 1, { program: 'nginx: worker process', exe: '/usr/sbin/nginx-1.2' });
  assert.deepEqual(found('name:nginx', [titled]), ['worker']);
  const odd = row('a,b', 1, { exe: null });
  assert.deepEqual(found('name:"a,b"', [odd, row('a', 1)]), ['a,b']);
  assert.deepEqual(found('name:a,b', [odd, row('a', 1)]), ['a']);
});
