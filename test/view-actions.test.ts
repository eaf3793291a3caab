// Owns: what every key does to the ui state, and that keys are told only where they work.
// Knows nothing of: drawing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Action, reduce } from '../src/view/actions.ts';
import type { ListFacts } from '../src/view/cursor.ts';
import { actionFor, BINDINGS, workingBindings } from '../src/view/keymap.ts';
import type { Key, KeyName } from '../src/view/keys.ts';
import { TABS } from '../src/view/screen-table.ts';
import { EMPTY_LIST, FOLDED_KEY, INITIAL_UI, listOf, type UiState, withList } from '../src/view/ui-state.ts';
import { NETHOGS_MODES } from '../src/view/view-modes.ts';

const KEYS = Array.from({ length: 30 }, (_, i) => String(100 + i));
const FACTS: ListFacts = {
  ...{ keys: KEYS, top: 0, pageRows: 10, firstLine: 5, textRows: 40, textPageRows: 20 },
  rows: {
    opens: (key) => ({ kind: 'process', ownerId: Number(key), from: 'processes' }),
    copies: (key) => key,
    target: (key) => (key === undefined ? undefined : { pid: Number(key), startTicks: 7, name: 'x' }),
    wants: () => [],
    exports: () => ({ name: 'x', fields: [], rows: [] }),
  },
  spots: [
    { line: 4, from: 0, to: 8, means: { sort: 'pid' } },
    { line: 4, from: 8, to: 20, means: { sort: 'sent' } },
    { line: 2, from: 5, to: 10, means: { tab: 'connections' } },
  ],
};

const char = (text: string): Key => ({ kind: 'char', char: text, ctrl: false, alt: false });
const ctrl = (text: string): Key => ({ kind: 'char', char: text, ctrl: true, alt: false });
const named = (name: KeyName): Key => ({ kind: 'named', name, ctrl: false, alt: false, shift: false });

/** The state after some keys; the list stays as it is, except that its top follows the state. */
function press(ui: UiState, ...keys: readonly (Key | string)[]): UiState {
  return keys.reduce<UiState>((state, key) => {
    const action = actionFor(state, typeof key === 'string' ? char(key) : key);
    const facts = { ...FACTS, top: state.overlay === 'none' ? listOf(state).top : state.textTop };
    return action === undefined ? state : reduce(state, action, facts);
  }, ui);
}

describe('moving', () => {
  test('nothing is selected at first; Down selects the first row in sight, Up the last one', () => {
    assert.equal(listOf(INITIAL_UI).cursor, undefined);
    assert.deepEqual(listOf(press(INITIAL_UI, named('Down'))).cursor, { key: '100', index: 0 });
    assert.deepEqual(listOf(press(INITIAL_UI, 'k')).cursor, { key: '109', index: 9 });
  });

  test('the list scrolls only when the selection leaves it', () => {
    const tenth = press(INITIAL_UI, ...Array<string>(10).fill('j'));
    assert.deepEqual([listOf(tenth).cursor?.index, listOf(tenth).top], [9, 0]);
    const eleventh = press(tenth, 'j');
    assert.deepEqual([listOf(eleventh).cursor?.index, listOf(eleventh).top], [10, 1]);
  });

  test('End and Home reach the ends and stop there; a page keeps one row in sight', () => {
    const last = press(INITIAL_UI, named('End'), named('Down'));
    assert.deepEqual([listOf(last).cursor?.key, listOf(last).top], ['129', 20]);
    assert.deepEqual(listOf(press(last, named('Home'), named('Up'))).cursor, { key: '100', index: 0 });
    assert.equal(listOf(press(INITIAL_UI, 'j', named('PageDown'))).cursor?.index, 9);
  });

  test('a key in an empty list selects nothing', () => {
    const action: Action = { kind: 'move', by: 'line', direction: 1 };
    assert.equal(listOf(reduce(INITIAL_UI, action, { ...FACTS, keys: [] })).cursor, undefined);
  });

  test('when the selected row is gone, the next key goes on from its place and selects no other by itself', () => {
    const ui = withList(INITIAL_UI, { ...EMPTY_LIST, cursor: { key: 'gone', index: 4 } });
    assert.equal(listOf(press(ui, 'l')).cursor?.key, 'gone');
    assert.deepEqual(listOf(press(ui, 'j')).cursor, { key: '105', index: 5 });
  });

  test('a click selects the row under it, a second one opens it; a click beside the rows does nothing', () => {
    const click = (row: number): Key => ({
      kind: 'mouse',
      action: 'press',
      button: 'left',
      row,
      column: 3,
      ctrl: false,
      alt: false,
      shift: false,
    });
    const once = press(INITIAL_UI, click(7));
    assert.deepEqual(listOf(once).cursor, { key: '102', index: 2 });
    assert.deepEqual(press(once, click(7)).place, { kind: 'process', ownerId: 102, from: 'processes' });
    assert.equal(press(INITIAL_UI, click(3)), INITIAL_UI);
    assert.equal(press(INITIAL_UI, click(15)), INITIAL_UI);
  });
});

describe("nethogs' keys", () => {
  test('s and r sort, l and b change names, q and Ctrl-C quit', () => {
    assert.equal(press(INITIAL_UI, 's').sort, 'sent');
    assert.equal(press(INITIAL_UI, 's', 'r').sort, 'received');
    assert.deepEqual(
      [press(INITIAL_UI, 'l').commandLine, press(INITIAL_UI, 'b').basename, press(INITIAL_UI, 'b', 'b').basename],
      [true, true, false],
    );
    assert.deepEqual(
      [actionFor(INITIAL_UI, char('q')), actionFor(INITIAL_UI, ctrl('c'))],
      [{ kind: 'quit' }, { kind: 'quit' }],
    );
  });

  test("m goes from rate and total through nethogs' six modes in its order, and back", () => {
    let ui = INITIAL_UI;
    const units: string[] = [];
    for (let i = 0; i < 7; i++) {
      ui = press(ui, 'm');
      units.push(ui.viewMode.kind === 'fixed' ? ui.viewMode.unit : 'adaptive');
    }
    assert.deepEqual(units, ['KiB/s', 'KiB', 'bytes', 'MiB', 'MiB/s', 'GiB/s', 'adaptive']);
    assert.deepEqual(
      NETHOGS_MODES.map((mode) => mode.measure),
      ['rate', 'total', 'total', 'total', 'rate', 'rate'],
    );
  });
});

describe('places', () => {
  test('Enter opens the process of the selected row, Esc comes back to the same selection', () => {
    const selected = press(INITIAL_UI, 'j', 'j');
    const opened = press(selected, named('Enter'));
    assert.deepEqual(opened.place, { kind: 'process', ownerId: 101, from: 'processes' });
    const back = press(opened, named('Escape'));
    assert.deepEqual([back.place, listOf(back)], [{ kind: 'processes' }, listOf(selected)]);
  });

  test('Enter without a selection opens the first row in sight', () => {
    assert.deepEqual(press(INITIAL_UI, named('Enter')).place, { kind: 'process', ownerId: 100, from: 'processes' });
  });

  test('Enter on the row of all exited processes shows them one by one', () => {
    const cursor = { key: FOLDED_KEY, index: 3 };
    const ui = press(withList(INITIAL_UI, { ...EMPTY_LIST, cursor }), named('Enter'));
    assert.deepEqual([ui.place.kind, ui.everyExited], ['processes', true]);
  });

  test('help lies over the place; the same key or Esc closes it', () => {
    assert.equal(press(INITIAL_UI, '?').overlay, 'help');
    assert.equal(press(INITIAL_UI, '?', '?').overlay, 'none');
    assert.deepEqual(press(INITIAL_UI, 'L', named('Escape')).place, { kind: 'processes' });
    assert.deepEqual(press(INITIAL_UI, '2', '?', named('Escape')).place.kind, 'connections');
  });

  test('every tab has its key; Tab and Shift-Tab go round', () => {
    for (const { kind, key } of TABS) assert.deepEqual(press(INITIAL_UI, key.slice(0, 1)).place, { kind });
    const round = TABS.map((_, steps) => press(INITIAL_UI, ...Array<Key>(steps).fill(named('Tab'))).place.kind);
    assert.deepEqual(
      round,
      TABS.map(({ kind }) => kind),
    );
    const backTab: Key = { kind: 'named', name: 'Tab', ctrl: false, alt: false, shift: true };
    assert.equal(press(INITIAL_UI, backTab).place.kind, TABS.at(-1)?.kind);
    assert.equal(press(INITIAL_UI, named('Enter'), named('Tab')).place.kind, 'connections');
  });

  test('5 shows the interfaces, a page that scrolls; Esc goes back, and the selection behind stays', () => {
    const selected = press(INITIAL_UI, 'j', 'j');
    const page = press(selected, '5');
    assert.equal(page.place.kind, 'interfaces');
    assert.equal(press(page, 'j', 'j', 'k').textTop, 1);
    assert.equal(press(page, named('End')).textTop, 20);
    assert.equal(press(page, '?', 'j', named('Escape')).textTop, 0);
    assert.deepEqual(listOf(press(page, named('Escape'))), listOf(selected));
  });

  test('there is nothing to select, sort or filter among the interfaces, only units to change', () => {
    const page = press(INITIAL_UI, '5');
    assert.equal(press(page, 's', 'm', '/', 'x', named('Enter')), page);
    assert.notDeepEqual(press(page, 'u').units, page.units);
  });

  test('a page of text scrolls to its end and no further', () => {
    assert.equal(press(INITIAL_UI, '?', named('End')).textTop, 20);
    assert.equal(press(INITIAL_UI, '?', 'j', 'j', 'k').textTop, 1);
  });
});

describe('the filter', () => {
  test('what is typed filters at once, Enter keeps it, Esc clears it', () => {
    const typing = press(INITIAL_UI, '/', 'n', 'g', 'q');
    assert.deepEqual([listOf(typing).filter, listOf(typing).draft], ['ngq', 'ngq']);
    const kept = press(typing, named('Backspace'), named('Enter'));
    assert.deepEqual([listOf(kept).filter, listOf(kept).draft], ['ng', undefined]);
    assert.deepEqual(listOf(press(typing, named('Escape'))), EMPTY_LIST);
    assert.equal(listOf(press(kept, named('Escape'))).filter, '');
  });

  test('pasted text goes into the open filter and nowhere else', () => {
    const paste: Key = { kind: 'paste', text: 'qqq' };
    assert.equal(press(INITIAL_UI, paste), INITIAL_UI);
    assert.equal(listOf(press(INITIAL_UI, '/', paste)).filter, 'qqq');
  });

  test('Ctrl-C leaves also while typing, Ctrl-U and Ctrl-W erase', () => {
    const typing = press(INITIAL_UI, '/', 'a', ' ', 'b', 'c');
    assert.deepEqual(actionFor(typing, ctrl('c')), { kind: 'quit' });
    assert.equal(listOf(press(typing, ctrl('w'))).filter, 'a ');
    assert.equal(listOf(press(typing, ctrl('u'))).filter, '');
  });

  test('each place has its own filter; another process starts without one', () => {
    const selected = press(INITIAL_UI, 'j');
    const inside = press(selected, named('Enter'), '/', 'x', named('Enter'));
    assert.deepEqual([inside.lists.processes?.filter, inside.lists.process?.filter], ['', 'x']);
    const elsewhere = press(inside, named('Escape'), named('Escape'), 'j', named('Enter'));
    assert.equal(listOf(elsewhere).filter, '');
  });
});

describe('the keymap', () => {
  const recorded: UiState = { ...INITIAL_UI, recorded: true };

  test('every key that the help names does what it says, everywhere it is named', () => {
    const states = [
      INITIAL_UI,
      press(INITIAL_UI, 'j'),
      press(INITIAL_UI, '2'),
      press(INITIAL_UI, '?'),
      press(INITIAL_UI, '/', 'x', named('Enter')),
      recorded,
      press(recorded, '4'),
    ];
    for (const ui of states) {
      for (const binding of workingBindings(ui)) {
        const chord = binding.chords[0] ?? '';
        const first = BINDINGS.find((each) => each.chords.includes(chord) && each.works(ui));
        assert.equal(first, binding, `${binding.keys} (${binding.help}) is taken by ${first?.help}`);
      }
    }
  });

  test('what a key does fits the narrowest column of the help', () => {
    for (const { help } of BINDINGS) assert.ok(help.length <= 43, help);
  });

  test('a key is offered where it changes what is shown, and nowhere else', () => {
    const places = (key: string) =>
      TABS.filter(({ kind }) => actionFor({ ...INITIAL_UI, place: { kind } }, char(key)) !== undefined).map(
        ({ kind }) => kind,
      );
    assert.deepEqual(places('u'), ['processes', 'connections', 'sockets', 'hosts', 'interfaces']);
    for (const key of ['B', 'D', 'z', 'M']) assert.deepEqual(places(key), ['processes', 'connections', 'hosts'], key);
  });

  test('the help names no key twice for the same place', () => {
    for (const ui of [INITIAL_UI, press(INITIAL_UI, 'j'), press(INITIAL_UI, '2'), recorded]) {
      const chords = workingBindings(ui).flatMap((binding) => binding.chords);
      assert.equal(new Set(chords).size, chords.length);
    }
  });
});
