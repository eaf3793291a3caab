// Owns: rules that hold for every screen at every size, and what styles say. What composing costs is a benchmark (refresh).
// Knows nothing of: terminals.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isUnsafe } from '../src/base/sanitize.ts';
import { textWidth } from '../src/base/text-width.ts';
import type { InterfaceRow, Model } from '../src/model/model.ts';
import { segmentCells } from '../src/view/ledger-bar.ts';
import { composeScreen } from '../src/view/screen.ts';
import { type Row, rowText } from '../src/view/styled-text.ts';
import { EMPTY_LIST, INITIAL_UI, type UiState } from '../src/view/ui-state.ts';
import type { LogLine } from '../src/view/view-input.ts';
import { NETHOGS_MODES } from '../src/view/view-modes.ts';
import { FLOWS } from './support/view-flows.ts';
import { ASCII, inputOf, readingOf, screenText, UTF8 } from './support/view-input.ts';
import { OWNERS_WITH_CONTAINER, TROUBLED_INTERFACES } from './support/view-ledgers.ts';
import {
  type FixtureOptions,
  fixtureModel,
  interfaceRow,
  ledgerOf,
  NOW_MS,
  OWNERS,
  processRow,
} from './support/view-model.ts';

const STATES: readonly Partial<UiState>[] = [
  {},
  { viewMode: NETHOGS_MODES[2] ?? { kind: 'adaptive' } },
  { units: { base: 'binary', quantity: 'bits' } },
  { lists: { processes: { ...EMPTY_LIST, filter: 'e', draft: 'e', cursor: { key: '36', index: 0 } } } },
  { place: { kind: 'connections' } },
  { place: { kind: 'process', ownerId: 32, from: 'processes' }, units: { base: 'binary', quantity: 'bits' } },
  { place: { kind: 'interfaces' } },
  { place: { kind: 'interfaces' }, units: { base: 'binary', quantity: 'bits' }, textTop: 5 },
  { place: { kind: 'hosts' } },
  { place: { kind: 'host', address: '203.0.113.77', from: 'hosts' }, units: { base: 'binary', quantity: 'bits' } },
  { lists: { processes: { ...EMPTY_LIST, group: 'program', open: new Set(['group:rsync']), pinned: ['33'] } } },
  { lists: { processes: { ...EMPTY_LIST, group: 'tree', filter: 'rx>1', draft: 'rx>1 and' } }, frozen: true },
  { place: { kind: 'connections' }, lists: { connections: { ...EMPTY_LIST, group: 'remote' } }, device: 'eth0' },
  { overlay: 'devices', choice: 2 },
  { overlay: 'signals', pending: { pid: 1, startTicks: 1, name: 'x'.repeat(300), signal: '' } },
  { overlay: 'confirm', pending: { pid: 1, startTicks: 1, name: 'x'.repeat(300), signal: 'SIGKILL' } },
  { overlay: 'help' },
  { place: { kind: 'log' } },
];

describe('every screen at every size', () => {
  const model = fixtureModel({
    cpus: 8,
    flows: FLOWS,
    drops: { kernel: 7, interface: 1, table: 2 },
    faults: [{ code: 'kNetlinkFailed', text: 'netlink refused' }],
    interfaces: TROUBLED_INTERFACES,
    owners: OWNERS_WITH_CONTAINER,
    lost: { records: 5, bytes: 700 },
  });

  for (const [index, ui] of STATES.entries()) {
    test(`fills it exactly: state ${index}`, () => {
      const reading = readingOf(model, { ...INITIAL_UI, ...ui }, 3);
      for (let columns = 1; columns <= 220; columns += columns < 50 ? 1 : columns < 130 ? 7 : 30) {
        for (const rows of [5, 6, 8, 12, 24, 41]) {
          for (const mode of [UTF8, ASCII]) {
            const input = { ...inputOf(model, { size: { columns, rows }, mode, ui, samples: 1 }), reading };
            const { frame, facts } = composeScreen(input);
            const where = `${columns}x${rows}`;
            if (columns >= 20 && rows >= 6) assert.equal(frame.rows.length, rows, where);
            assert.ok(frame.rows.length <= rows, where);
            for (const line of frame.rows) checkLine(line, columns, where);
            assert.ok(facts.firstLine + facts.pageRows <= Math.max(rows, 0) || facts.pageRows === 0, where);
          }
        }
      }
    });
  }

  function checkLine(line: Row, columns: number, where: string): void {
    const text = rowText(line);
    assert.ok(textWidth(text) <= columns, `${where}: ${textWidth(text)} cells: ${text}`);
    assert.equal(isUnsafe(text), false, `${where}: ${text}`);
  }
});

describe('the process table', () => {
  const lineOf = (needle: string, ui: Partial<UiState> = {}): Row => {
    const { frame } = composeScreen(inputOf(fixtureModel(), { ui }));
    const found = frame.rows.find((line) => rowText(line).includes(needle));
    assert.ok(found, needle);
    return found;
  };
  const styles = (line: Row) => new Set(line.spans.filter((part) => part.text.trim() !== '').map((part) => part.style));

  test('numbers stand at the same columns in every row, wide characters or not', () => {
    const { frame } = composeScreen(inputOf(fixtureModel(), { size: { columns: 80, rows: 24 } }));
    const rows = frame.rows
      .map(rowText)
      .filter((line) => / (eth0|lo) /.test(line.slice(20, 52)) || line.includes('eth0+1'));
    assert.ok(rows.length > 8);
    for (const line of rows) assert.equal(textWidth(line), 80, line);
  });

  test('an idle row is dim as a whole, a busy one has normal numbers', () => {
    assert.deepEqual([...styles(lineOf('redis-server'))], ['dim']);
    assert.ok(styles(lineOf('/usr/bin/node')).has('normal'));
  });

  test('an exited process says so, in words and in its style', () => {
    assert.match(rowText(lineOf('curl')), /curl +exited eth0/);
    assert.deepEqual([...styles(lineOf('curl'))], ['exited']);
  });

  test('what is wrong has a second line where the first cannot hold what to do about it', () => {
    const text = 'only TCP is counted, and only your own processes are named; run "sudo nettrace" for all';
    const faults = [{ code: 'kMeterNotPermitted', text }];
    const lines = (columns: number, rows: number) =>
      composeScreen(inputOf(fixtureModel({ faults }), { size: { columns, rows } })).frame.rows.map(rowText);
    const at = lines(80, 24).findIndex((line) => line.startsWith('! only TCP'));
    assert.equal(lines(80, 24)[at + 1], '  nettrace" for all');
    assert.ok(lines(120, 24).includes(`! ${text}`));
    assert.match(lines(80, 16).find((line) => line.startsWith('! ')) ?? '', /…$/);
  });

  test('processes that ended long ago are one row, so that the rows add up to the total', () => {
    const text = rowText(lineOf('2 ended processes'));
    assert.match(text, /9\.80 GB +164 MB/);
  });

  test('no row is red while nothing is wrong; drops are, and say what to do', () => {
    const calm = composeScreen(inputOf(fixtureModel())).frame.rows.flatMap((line) => [...styles(line)]);
    assert.equal(
      calm.some((style) => style === 'bad' || style === 'alarm'),
      false,
    );
    const input = inputOf(fixtureModel({ drops: { kernel: 1204, interface: 0, table: 0 } }));
    const [first, ...others] = composeScreen(input).frame.rows;
    assert.ok(first && styles(first).has('bad'));
    assert.match(rowText(first), /drops 1204 kernel/);
    assert.ok(others.some((line) => rowText(line).includes('--ring-size')));
  });

  test('the selected row has a mark and one style to the right edge', () => {
    const line = lineOf('redis', { lists: { processes: { ...EMPTY_LIST, cursor: { key: '33', index: 3 } } } });
    assert.equal(rowText(line)[0], '>');
    assert.deepEqual([line.fill, line.spans.length], ['selected', 1]);
  });

  test('MATCH is the sum of what the filter lets through; TOTAL is everything', () => {
    const text = screenText(
      inputOf(fixtureModel(), { ui: { lists: { processes: { ...EMPTY_LIST, filter: 'systemd' } } } }),
    );
    assert.match(text, /MATCH +2 of 19 rows +210 {2}B\/s +480 {2}B\/s/);
    assert.match(text, /TOTAL +11 processes +85\.3 MB\/s/);
  });

  test("nethogs' modes show nethogs' numbers: 1024 to a unit, three decimals, whole bytes", () => {
    const mode = (index: number) => ({ viewMode: NETHOGS_MODES[index] ?? ({ kind: 'adaptive' } as const) });
    assert.match(rowText(lineOf('/usr/sbin/sshd', mode(0))), / 1\.211 +0\.303 /);
    assert.match(rowText(lineOf('/usr/sbin/sshd', mode(2))), / 4400000 +1200000 /);
  });

  test('the share of attributed bytes is rounded down: 100 % means all of them', () => {
    const one = processRow(1, 10, 'root', 'a', [0, 0, 1e12, 0]);
    const lost = { ...OWNERS.find((row) => row.kind === 'unattributed'), sentBytes: 1, receivedBytes: 0 } as typeof one;
    const known = {
      ...fixtureModel({ owners: [one, lost] }),
      covered: undefined,
      total: { ...one, sentBytes: 1e12 + 1, receivedBytes: 0 },
    };
    assert.match(screenText(inputOf(known)), /attributed 99\.9 %/);
    assert.match(screenText(inputOf({ ...known, owners: [one] })), /attributed 100 %/);
  });
});

describe('how exact the figures are', () => {
  const firstLine = (model: Model, columns = 160): Row => {
    const [line] = composeScreen(inputOf(model, { size: { columns, rows: 40 } })).frame.rows;
    assert.ok(line);
    return line;
  };
  const styleOf = (line: Row, text: string) => line.spans.find((part) => part.text === text)?.style;

  test('the first line says how owners are found, and whether anything is captured', () => {
    const said = (options: FixtureOptions) => rowText(firstLine(fixtureModel(options)));
    assert.match(said({ ownership: 'bpf' }), / exact: bpf \+ capture /);
    assert.match(said({ ownership: 'bpf', light: true }), / bpf, no capture /);
    assert.match(said({ ownership: 'stream' }), /14 +bpf \+ capture /);
    assert.match(said({ ownership: 'cgroup' }), / bpf without BTF \+ capture /);
    assert.match(said({ ownership: 'cgroup', light: true }), / bpf without BTF, no capture /);
    assert.match(said({ ownership: 'sock-diag', light: true }), / TCP only: sock_diag /);
    assert.match(said({ ownership: 'classic' }), / classic: sockets \+ \/proc /);
  });

  test('a ledger below 99.9 % is a warning, there and on the line of its interface; --light expects no more', () => {
    const closed = firstLine(fixtureModel());
    assert.match(rowText(closed), / ledger 100\.00 % /);
    assert.equal(styleOf(closed, '100.00 %'), 'value');
    const open = { ...fixtureModel({ interfaces: TROUBLED_INTERFACES }), covered: 0.99899 };
    assert.equal(styleOf(firstLine(open), '99.89 %'), 'warn');
    assert.equal(styleOf(firstLine({ ...open, light: true }), '99.89 %'), 'value');
    const { frame } = composeScreen(inputOf(open));
    const eth0 = frame.rows.find((line) => rowText(line).startsWith('eth0 '));
    assert.equal(eth0 && styleOf(eth0, ' 99.68 %'), 'warn');
  });

  test('without anything to compare there is no ledger in the first line', () => {
    const { interfaces } = fixtureModel();
    const uncut = interfaces.map((row) => ({ ...row, ledger: { ...row.ledger, cut: undefined } }));
    assert.doesNotMatch(screenText(inputOf(fixtureModel({ interfaces: uncut }))), /ledger/);
  });

  test('records that were lost are told as a warning, and only then', () => {
    assert.doesNotMatch(rowText(firstLine(fixtureModel())), /lost/);
    const line = firstLine(fixtureModel({ lost: { records: 12, bytes: 900 } }));
    assert.equal(styleOf(line, 'lost 12 records'), 'warn');
  });
});

describe('the ledger of an interface', () => {
  const screen = (columns: number) =>
    screenText(
      inputOf(fixtureModel({ interfaces: TROUBLED_INTERFACES, owners: OWNERS_WITH_CONTAINER }), {
        size: { columns, rows: 60 },
        ui: { place: { kind: 'interfaces' } },
      }),
    );

  test('every kind and reason with bytes has a row, and so has what was recovered, dropped and is left', () => {
    for (const words of [
      /processes +1\.63 TB/,
      /ICMP answered or sent/,
      /recovered from .* 4\.40 GB/,
      /dropped .* 6\.00 GB/,
    ])
      assert.match(screen(120), words);
    assert.match(screen(120), /residual +seen, but not in its counters +0 +-10\.0 MB/);
  });

  test('stands below what the interface moves now, and its addresses where there is room', () => {
    const row = {
      ...interfaceRow(0, 'eth0', [61_200_000, 410_000, 0, 0]),
      addresses: ['10.0.0.5', 'fe80::1', '::2', '::3'],
    };
    const heading = (columns: number) =>
      screenText(
        inputOf(fixtureModel({ interfaces: [row] }), {
          size: { columns, rows: 24 },
          ui: { place: { kind: 'interfaces' } },
        }),
      )
        .split('\n')
        .find((line) => line.startsWith('eth0')) ?? '';
    assert.match(heading(80), /^eth0 +sent 61\.2 MB\/s +received +410 kB\/s /);
    assert.doesNotMatch(heading(80), /10\.0/);
    assert.match(heading(200), /10\.0\.0\.5 fe80::1 ::2 \+1/);
  });

  test('the fuller way of a link is a share of its speed; of a device without one nothing is said', () => {
    const line = (more: Partial<InterfaceRow>, columns = 80) =>
      screenText(
        inputOf(fixtureModel({ interfaces: [interfaceRow(0, 'eth0', [61_200_000, 84_000_000, 0, 0], more)] }), {
          size: { columns, rows: 24 },
          ui: { place: { kind: 'interfaces' } },
        }),
      )
        .split('\n')
        .find((each) => each.startsWith('eth0')) ?? '';
    assert.match(line({ speed: 125_000_000 }), / 84\.0 MB\/s +67\.2 % full +ledger/);
    assert.match(line({ speed: 125_000_000 }, 120), / link 1 Gbit\/s +67\.2 % full /);
    assert.doesNotMatch(line({ speed: undefined }, 120), /link|full/);
    assert.doesNotMatch(line({ speed: 125_000_000, sentRate: undefined }, 120), /full/);
    assert.doesNotMatch(line({ speed: 125_000_000, state: 'down' }, 120), /link|full/);
  });

  test('its figures stand beside their clause, however wide the screen is', () => {
    const width = (columns: number) =>
      screen(columns)
        .split('\n')
        .find((line) => line.startsWith('| processes'))
        ?.trimEnd().length;
    assert.equal(width(200), width(120));
  });

  test('no clause of it is cut at 80 columns', () => {
    assert.doesNotMatch(screen(80), /…/);
  });

  test('a crossing that is repeated says where its bytes count', () => {
    assert.match(screen(120), /of these also on eth0, counted there +120 MB +3\.00 GB/);
    assert.match(screen(40), / also on eth0 +120 MB +3\.00 GB/);
  });

  test('with --light what no socket moved is expected, not lost', () => {
    const cut = {
      ...{ ageMs: 40, covered: 0.6, dropped: { sentBytes: 0, receivedBytes: 0 } },
      counter: { sentBytes: 100, receivedBytes: 0 },
      counted: { sentBytes: 60, receivedBytes: 0 },
      residual: { sentBytes: 40, receivedBytes: 0 },
    };
    const eth0 = interfaceRow(0, 'eth0', [0, 0, 60, 0], {
      ledger: ledgerOf({ sentBytes: 60, receivedBytes: 0 }, [], { cut }),
    });
    const stylesOf = (light: boolean) => {
      const input = inputOf(fixtureModel({ interfaces: [eth0], light }), { ui: { place: { kind: 'interfaces' } } });
      const line = composeScreen(input).frame.rows.find((each) => rowText(each).startsWith('[||'));
      return line?.spans.map((part) => [part.text.length, part.style]);
    };
    assert.deepEqual(stylesOf(false)?.slice(1, 3), [
      [71, 'ledger-process'],
      [47, 'ledger-lost'],
    ]);
    assert.deepEqual(stylesOf(true)?.slice(1, 3), [
      [71, 'ledger-process'],
      [47, 'dim'],
    ]);
  });

  test('whatever has bytes has a cell of the bar, and the bar is full', () => {
    assert.deepEqual(segmentCells([1e12, 1, 0, 3e11], 10), [7, 1, 0, 2]);
    assert.deepEqual(segmentCells([0, 0], 10), [0, 0]);
    assert.deepEqual(segmentCells([1, 1, 1, 1, 1], 3), [0, 1, 1, 1, 0]);
  });
});

test('a page about one process or host names it in the first line where it has no rule', () => {
  const first = (place: UiState['place'], rows: number) =>
    composeScreen(
      inputOf(fixtureModel({ flows: FLOWS }), { size: { columns: 40, rows }, ui: { place } }),
    ).frame.rows.map(rowText)[0] ?? '';
  assert.match(first({ kind: 'process', ownerId: 31, from: 'processes' }, 10), /^9127 nginx: /);
  assert.match(first({ kind: 'host', address: '203.0.113.77', from: 'hosts' }, 10), /^203\.0\.113\.77 /);
  assert.match(first({ kind: 'process', ownerId: 31, from: 'processes' }, 12), /^web-1/);
  assert.match(first({ kind: 'processes' }, 10), /^web-1/);
});

describe('text that is longer than a line', () => {
  const log: readonly LogLine[] = [
    { timeMs: NOW_MS, level: 'warn', text: 'redis-server 9310: Send-Q 1.8 MB for 14 s: the peer does not read' },
  ];
  const linesAt = (columns: number, rows: number, ui: Partial<UiState>) =>
    composeScreen({ ...inputOf(fixtureModel(), { size: { columns, rows }, ui }), log }).frame.rows.map(rowText);

  test('of the log goes on below: the cause stands at the end', () => {
    for (const columns of [30, 40, 64, 80]) {
      const text = linesAt(columns, 12, { place: { kind: 'log' } })
        .join(' ')
        .replace(/\s+/g, ' ');
      assert.match(text, /Send-Q 1\.8 MB for 14 s: the peer does not read/, `${columns}`);
    }
  });

  test('of the help goes on below, too', () => {
    const lines = linesAt(40, 60, { overlay: 'help' });
    assert.ok(lines.includes('  t F5          processes below their'));
    const at = lines.findIndex((line) => line.startsWith('  Enter'));
    assert.deepEqual(lines.slice(at, at + 2), ['  Enter         open the selected or', '                first row']);
  });
});
