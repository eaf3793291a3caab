// Owns: the comparison of --bars htop with the real htop on the same invented host, cell for cell, colours included.
// Knows nothing of: how either draws. What differs on purpose is in docs/htop.md, and asserted here.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { buildHost } from '../src/model/host-model.ts';
import type { HostModel } from '../src/model/model.ts';
import { createHostReader } from '../src/procfs/host.ts';
import { createTheme } from '../src/tui/theme.ts';
import { barSpans, headerColumnWidths } from '../src/view/bar.ts';
import { htopRows } from '../src/view/htop-meters.ts';
import { loadBar } from '../src/view/memory-meters.ts';
import type { Row, TextMode } from '../src/view/styled-text.ts';
import { type HostFacts, type HostFiles, writeHost } from './support/host-files.ts';
import { type HtopOptions, htopCells, htopMissing } from './support/htop.ts';
import { temporaryFolder } from './support/process-files.ts';
import { createEmulator } from './tui-emulator.ts';

const skip = htopMissing() ?? false;
/** htop leaves a line free above its meters. */
const FIRST_LINE = 1;

type Cells = readonly (readonly string[])[];

interface Comparison extends HostFacts {
  readonly columns: number;
  readonly detailed?: boolean;
  readonly mono?: boolean;
}

/** Our meters as a terminal shows them. */
async function ownCells(host: HostModel, { columns, detailed = false, mono = false }: Comparison): Promise<Cells> {
  const mode: TextMode = { unicode: true, color: !mono, ambiguousWidth: 1 };
  const rows = htopRows(host, columns, detailed, mode);
  const theme = createTheme(mono ? 'mono' : '16');
  const bytes = (row: Row) => row.spans.map(({ text, style }) => `\x1b[${theme.parameters[theme.idOf[style]]}m${text}`);
  const emulator = createEmulator(columns, rows.length);
  await emulator.write(rows.map((row) => bytes(row).join('')).join('\r\n'));
  const cells = emulator.cells();
  emulator.dispose();
  return cells;
}

function readTwice(files: HostFiles): HostModel {
  const read = createHostReader({ proc: files.proc, sys: files.sys });
  const before = read();
  files.advance();
  return buildHost(read(), before);
}

/** htop's own settings for a detailed view, with the meters that it has for that many CPUs. */
function detailedConfig(cpus: number): readonly string[] {
  const [left, right] = cpus <= 4 ? ['AllCPUs', ''] : ['LeftCPUs', 'RightCPUs '];
  return [
    'config_reader_min_version=3',
    'header_layout=two_50_50',
    `column_meters_0=${left} Memory Swap`,
    'column_meter_modes_0=1 1 1',
    `column_meters_1=${right}Tasks LoadAverage Uptime`,
    `column_meter_modes_1=${cpus <= 4 ? '' : '1 '}2 2 2`,
    'detailed_cpu_time=1',
    'header_margin=1',
  ];
}

/** Characters with colour and boldness; how bright black is spelled and yellow for virtual time (until 3.4) are no news. */
function comparable(cells: Cells, mono: boolean): readonly string[][] {
  return cells.map((line) =>
    line.map((cell) => {
      const [, character = '', style = ''] = /^(.*)\|\d\|(.*)$/s.exec(cell) ?? [];
      if (mono) return character;
      const [mode, color, , , bold] = style.split(',');
      return character === ' ' ? ' ' : `${character} ${mode === '0' ? 'plain' : color}${bold ?? ''}`;
    }),
  );
}

const textOf = (line: readonly string[] = []) => line.map((cell) => cell[0] ?? '').join('');

/** What is compared of a line: all bars, and of the words those that do not depend on the host that the test runs on. */
function compared(own: readonly string[][]): readonly string[][] {
  return own.map((line) => {
    const at = textOf(line).indexOf('Tasks: ');
    const words = Math.max(textOf(line).indexOf('Load average: '), textOf(line).indexOf('Uptime: '));
    if (at >= 0) return line.slice(0, at);
    return words < 0 ? line : [...line.slice(0, words), ...line.slice(words).map((cell) => cell[0] ?? '')];
  });
}

async function compare(t: TestContext, comparison: Comparison): Promise<void> {
  const { cpus, columns, detailed = false, mono = false } = comparison;
  const root = temporaryFolder(t);
  const files = writeHost(root, comparison);
  const own = compared(comparable(await ownCells(readTwice(files), comparison), mono));
  const options: HtopOptions = {
    columns,
    rows: own.length + 20,
    mono,
    ...(detailed ? { config: detailedConfig(cpus) } : {}),
  };
  let theirs: readonly string[][] = [];
  await htopCells(root, files, options, (cells) => {
    const lines = comparable(cells.slice(FIRST_LINE, FIRST_LINE + own.length), mono);
    theirs = lines.map((line, i) => cutAs(asLater(line, detailed, mono), own[i] ?? []));
    return JSON.stringify(theirs) === JSON.stringify(own);
  });
  assert.deepEqual(theirs.map(textOf), own.map(textOf), `${cpus} CPUs at ${columns} columns: characters`);
  assert.deepEqual(theirs, own, `${cpus} CPUs at ${columns} columns: colours`);
}

/** A line of 3.2 as later versions draw it: what differs on purpose. */
function asLater(line: readonly string[], detailed: boolean, mono: boolean): readonly string[] {
  const isMemory = /^ *Mem\[/.test(textOf(line));
  // The letter of a segment is its place, and from 3.3 on shared and compressed memory stand before buffers and cache.
  if (mono) return isMemory ? line.map((cell) => ({ '#': '@', '@': '$' })[cell] ?? cell) : line;
  // Virtual time is yellow up to 3.4 and cyan from 3.5 on.
  return detailed || isMemory || /^ *Swp\[/.test(textOf(line)) ? line : line.map((cell) => cell.replace(/ 3$/, ' 6'));
}

/** Of their line, what is compared of ours: words without their colours, and not the tasks of the real host. */
function cutAs(line: readonly string[], own: readonly string[]): string[] {
  return own.map((cell, i) => (cell.length === 1 ? (line[i]?.[0] ?? '') : (line[i] ?? '')));
}

const LAYOUTS: readonly (readonly [cpus: number, columns: number])[] = [
  [1, 80],
  [4, 80],
  [5, 100],
  [8, 120],
  [9, 100],
  [16, 80],
  [17, 120],
  [32, 200],
  [33, 80],
  [64, 100],
  [128, 200],
  [200, 100],
];

describe('--bars htop', { skip, concurrency: 2 }, () => {
  for (const [cpus, columns] of LAYOUTS) {
    test(`the meters of ${cpus} CPUs at ${columns} columns are htop's, cell for cell`, async (t) => {
      await compare(t, { cpus, columns });
    });
  }

  test("eight segments a CPU are htop's detailed ones", async (t) => {
    await compare(t, { cpus: 4, columns: 100, detailed: true });
    await compare(t, { cpus: 8, columns: 80, detailed: true });
  });

  test("without colours the letters of the segments are htop's", async (t) => {
    await compare(t, { cpus: 4, columns: 100, mono: true });
  });

  test('CPUs that are switched off, at the end and in the middle, say so where htop does', async (t) => {
    await compare(t, { cpus: 6, columns: 100, offline: [2, 5] });
  });

  test('memory and swap of other hosts: without swap, with more free than is possible, with little', {
    skip,
  }, async (t) => {
    const memories: readonly NonNullable<HostFacts['memory']>[] = [
      { SwapTotal: 0, SwapFree: 0, SwapCached: 0 },
      { MemTotal: 1000, MemFree: 900, Cached: 200, Buffers: 100, SReclaimable: 0 },
      { MemTotal: 268_435_456, MemFree: 1_048_575, Cached: 10_239, Buffers: 1023, SReclaimable: 1 },
    ];
    for (const memory of memories) await compare(t, { cpus: 2, columns: 80, memory });
  });

  test("the load bar is htop's between one task and one for each CPU; full is always the CPUs", async (t) => {
    const config = detailedConfig(4).map((line) => line.replace(/^(column_meter_modes_1)=2 2 2$/, '$1=2 1 2'));
    /** A load, and whether htop 3.2 has another scale for it. */
    const loads = [
      { load: 3.5, differs: false },
      { load: 1.25, differs: false },
      { load: 0.4, differs: true },
      { load: 5, differs: true },
      { load: 9, differs: false },
    ] as const;
    const [, width = 0] = headerColumnWidths(100, [50, 50]);
    for (const { load, differs } of loads) {
      const root = temporaryFolder(t);
      const files = writeHost(root, { cpus: 4, load: [load, 1.25, 0.75] });
      const own = barSpans({ ...loadBar(readTwice(files)), width }, { unicode: true, color: true, ambiguousWidth: 1 });
      let theirs = '';
      await htopCells(root, files, { columns: 100, rows: 24, config }, (cells) => {
        theirs = /Loa\[.*\]/.exec(cells.map(textOf).join('\n'))?.[0] ?? '';
        return theirs !== '';
      });
      assert.equal(own.map(({ text }) => text).join('') === theirs, !differs, `${load}: ${theirs}`);
    }
  });

  test('shared memory counts as taken, as in htop from 3.3 on; 3.2 has it in neither number', async (t) => {
    const root = temporaryFolder(t);
    const files = writeHost(root, { cpus: 2, memory: { Shmem: 700_000 } });
    const host = readTwice(files);
    const [own = ''] = (await ownCells(host, { cpus: 2, columns: 100 })).map(textOf).filter((line) => /Mem/.test(line));
    let theirs = '';
    await htopCells(root, files, { columns: 100, rows: 24 }, (cells) => {
      theirs = cells.map(textOf).find((line) => /Mem\[.*\]/.test(line)) ?? '';
      return theirs.includes('/15.3G');
    });
    assert.match(own, /\|6\.58G\/15\.3G\]/);
    assert.match(theirs, /\|5\.91G\/15\.3G\]/);
  });
});
