// Tests: the screens of the fleet: which rows are shown in which order, and what keys and clicks do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FleetHost, FleetModel, FleetProgram } from '../src/view/fleet-model.ts';
import { FIRST_FLEET_UI, type FleetUi, fleetFrame, fleetKey } from '../src/view/fleet-screen.ts';
import { frameText } from '../src/view/styled-text.ts';

const host = (name: string, change: Partial<FleetHost>): FleetHost => ({
  ...{ host: name, hostname: '', sentRate: 0, receivedRate: 0, sentTotal: 0, receivedTotal: 0, cpu: 0.1, load1: 1 },
  ...{ memoryUsed: 1, memoryTotal: 4, alerts: 0, ageSeconds: 1 },
  ...change,
});
const program = (name: string, where: string, receivedRate: number): FleetProgram => ({
  ...{ host: where, program: name, user: 'root', sentRate: 1, receivedRate },
});
const model: FleetModel = {
  timeMs: 1000,
  hosts: [
    host('a:1', { receivedRate: 10, hostname: 'web-1', cpu: 0.9 }),
    host('b:1', { receivedRate: 30, cpu: undefined }),
    host('c:1', { receivedRate: 20, cpu: 0.5, ageSeconds: 200 }),
  ],
  programs: [program('nginx', 'a:1', 5), program('curl', 'b:1', 9), program('nginx', 'b:1', 7)],
};
const size = { columns: 100, rows: 20 };
const mode = { unicode: false } as unknown as Parameters<typeof fleetFrame>[0]['mode'];

function after(keys: readonly string[], clicked?: number): FleetUi {
  return keys.reduce<FleetUi>((ui, key) => fleetKey(key, { ui, model, size, clicked }) ?? ui, FIRST_FLEET_UI);
}
const lines = (ui: FleetUi, columns = 100) =>
  frameText(fleetFrame({ size: { ...size, columns }, mode, ui, model, problem: '', hour: [], nowMs: 1000 })).split(
    '\n',
  );
const firsts = (ui: FleetUi) =>
  lines(ui)
    .slice(3, -1)
    .map((line) => line.trim().split(/ {2,}/, 1)[0] ?? '')
    .filter((word) => word !== '');

test('hosts are ordered by any column, and a value that is not known is last either way', () => {
  assert.deepEqual(firsts(after([])), ['b:1', 'c:1', 'web-1 (a:1)']);
  assert.deepEqual(firsts(after(['s'])), ['web-1 (a:1)', 'c:1', 'b:1']);
  assert.deepEqual(firsts(after(['s', 'r'])), ['c:1', 'web-1 (a:1)', 'b:1']);
});

test('a filter holds every word, q is a letter of it, and Esc shows all again', () => {
  const ui = after(['tab', '/', 'n', 'g', 'space', 'b']);
  assert.deepEqual(firsts(ui), ['nginx']);
  assert.match(lines(ui)[1] ?? '', /filter: ng b/);
  assert.equal(after(['/', 'q']).filter, 'q');
  assert.deepEqual(firsts(fleetKey('escape', { ui, model, size }) ?? ui), ['curl', 'nginx', 'nginx']);
});

test('one goes from the fleet to a host to a program and back, by keys or with two clicks', () => {
  const ui = after(['enter', 'down', 'enter']);
  assert.deepEqual(ui.place, { kind: 'program', host: 'b:1', program: 'nginx', user: 'root' });
  const back = fleetKey('escape', { ui, model, size });
  assert.deepEqual(back?.place, { kind: 'programs', host: 'b:1' });
  assert.equal(after(['click-left'], 4).cursor, 1);
  assert.deepEqual(after(['click-left', 'click-left'], 4).place, { kind: 'programs', host: 'c:1' });
  assert.deepEqual(after(['click-left'], 15), FIRST_FLEET_UI);
  assert.equal(fleetKey('q', { ui: FIRST_FLEET_UI, model, size }), undefined);
});

test('tables are as wide as the screen at most, and 80 columns have every column but the hosts of programs', () => {
  for (const columns of [40, 80, 160]) {
    for (const keys of [[], ['tab']]) {
      for (const line of lines(after(keys), columns).slice(2)) assert.ok(line.length <= columns, `${columns}: ${line}`);
    }
  }
  assert.match(lines(after([]), 80)[2] ?? '', /HOST .*SENT .*RECEIVED .*CPU%.*LOAD.*MEM%.*ALERTS.*AGE/);
  assert.match(lines(after([]), 80).at(-1) ?? '', /^Enter programs .*\? help {2}q quit/);
});
