// Owns: the heat map of many CPUs: where cells stand, what they show, and that it stays readable up to 256 CPUs.
// Knows nothing of: whole screens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CpuShares, HostModel } from '../src/model/model.ts';
import { cpuSummary, heatMap } from '../src/view/cpu-heat.ts';
import type { Span, TextMode } from '../src/view/styled-text.ts';
import { ASCII, UTF8 } from './support/view-input.ts';
import { fixtureModel } from './support/view-model.ts';

const IDLE = { nice: 0, user: 0, system: 0, irq: 0, softirq: 0, steal: 0, guest: 0, iowait: 0 };
const cpu = (id: number, user: number, more: Partial<CpuShares> = {}): CpuShares => ({
  id,
  online: true,
  absent: false,
  ...IDLE,
  user,
  ...more,
});

function hostOf(cpus: readonly CpuShares[], more: Partial<HostModel> = {}): HostModel {
  return { ...fixtureModel().host, cpus, cpuCount: cpus.length, nodes: [], siblings: [], ...more };
}

const textOf = (spans: readonly Span[]) => spans.map((each) => each.text).join('');
const linesOf = (host: HostModel, width: number, rows: number, mode: TextMode = ASCII) =>
  heatMap(host, width, rows, mode)?.lines.map((line) => textOf(line).trimEnd());

test('a cell shows the eighth or the tenth that is busy, and its colour says so once more', () => {
  const busy = [0, 0.124, 0.125, 0.5, 0.59, 0.6, 0.89, 0.9, 1].map((share, id) => cpu(id, share));
  assert.match(linesOf(hostOf(busy), 80, 1)?.[0] ?? '', /^CPU 01155689 9/);
  assert.match(linesOf(hostOf(busy), 80, 1, UTF8)?.[0] ?? '', /^CPU ▁▁▂▅▅▅██ █/);
  assert.match(linesOf(hostOf(busy), 80, 1, { ...UTF8, color: false })?.[0] ?? '', /^CPU 01155689 9/);
  const styles = heatMap(hostOf(busy), 80, 1, UTF8)
    ?.lines[0]?.slice(1, 10)
    .map((each) => each.style);
  assert.deepEqual(styles?.slice(4), ['load-ok', 'load-warn', 'load-warn', 'load-bad', 'load-bad']);
});

test('time that was waited for a disk does not make a CPU busy', () => {
  assert.match(linesOf(hostOf([cpu(0, 0, { iowait: 1 }), cpu(1, 0, { steal: 1 })]), 80, 1)?.[0] ?? '', /^CPU 09 /);
});

test('nodes stand apart and threads of a core side by side; what is in no node comes last', () => {
  const cpus = Array.from({ length: 9 }, (_, id) => cpu(id, id / 10));
  const nodes = [
    { id: 0, cpus: [0, 2, 4, 6] },
    { id: 1, cpus: [1, 3, 5, 7] },
  ];
  const siblings = [
    [0, 4],
    [2, 6],
    [1, 5],
    [3, 7],
  ];
  const lines = linesOf(hostOf(cpus, { nodes, siblings }), 80, 4);
  assert.deepEqual(
    lines?.map((line) => line.slice(0, 8)),
    ['N0  0426', 'N1  1537', 'CPU 8   '],
  );
});

test('an offline CPU is a dash, and a number that no CPU has is no cell', () => {
  const gone = { online: false } as const;
  const cpus = [cpu(0, 0.5), cpu(1, 0, gone), cpu(2, 0, { ...gone, absent: true }), cpu(3, 0.2)];
  assert.match(linesOf(hostOf(cpus), 80, 1)?.[0] ?? '', /^CPU 5-2 /);
});

test('before there are figures every CPU has its cell, so that nothing moves when they come', () => {
  const cpus = Array.from({ length: 100 }, (_, id) => cpu(id, 0.5));
  const before = linesOf({ ...hostOf(cpus), cpus: undefined }, 80, 4);
  assert.equal(before?.length, linesOf(hostOf(cpus), 80, 4)?.length);
  assert.match(before?.[0] ?? '', /^CPU -{8} -{8} /);
});

test('every CPU has its cell at any width that is said to fit, and lines are exactly as wide as asked', () => {
  for (const count of [2, 64, 128, 256]) {
    const cpus = Array.from({ length: count }, (_, id) => cpu(id, (id % 10) / 10));
    for (let width = 5; width < 210; width += 7) {
      for (const rows of [1, 2, 4, 8]) {
        const map = heatMap(hostOf(cpus), width, rows, ASCII);
        if (map === undefined) continue;
        assert.ok(map.lines.length <= rows);
        for (const line of map.lines) assert.equal(textOf(line).length, width);
        const cells = map.lines.map((line) => line.slice(1).filter((each) => /^ ?[0-9]$/.test(each.text)).length);
        assert.equal(
          cells.reduce((sum, each) => sum + each, 0),
          count,
        );
      }
    }
  }
  assert.equal(linesOf(hostOf(Array.from({ length: 256 }, (_, id) => cpu(id, 0))), 80, 4)?.length, 4);
  assert.equal(linesOf(hostOf(Array.from({ length: 256 }, (_, id) => cpu(id, 0))), 80, 3), undefined);
});

test('the summary names the busiest and the idlest CPU, and says nothing before there are figures', () => {
  const cpus = [cpu(0, 0.5), cpu(1, 0.91), cpu(2, 0, { online: false }), cpu(3, 0.1)];
  assert.equal(cpuSummary(hostOf(cpus)), 'avg 50.3 %  max 91.0 #1  min 10.0 #3');
  assert.equal(cpuSummary({ ...hostOf(cpus), cpus: undefined }), '--');
});
