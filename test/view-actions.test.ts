// Owns: what every key does to the ui state, and that keys are told only where they work.
// Knows nothing of: drawing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Action, FOLDED_KEY, reduce } from '../src/view/actions.ts';
import type { ListFacts } from '../src/view/cursor.ts';
import { actionFor, BINDINGS, workingBindings } from '../src/view/keymap.ts';
import type { Key, KeyName } from '../src/view/keys.ts';
import { INITIAL_UI, listOf, type UiState } from '../src/view/ui-state.ts';
import { NETHOGS_MODES } from '../src/view/view-modes.ts';

const KEYS = Array.from({ length: 30 }, (_, i) => String(100 + i));
const FACTS: ListFacts = { keys: KEYS, top: 0, pageRows: 10, firstLine: 5, textRows: 40, textPageRows: 20 };

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
    assert.equal(INITIAL_UI.processes.cursor, undefined);
    assert.deepEqual(press(INITIAL_UI, named('Down')).processes.cursor, { key: '100', index: 0 });
    assert.deepEqual(press(INITIAL_UI, 'k').processes.cursor, { key: '109', index: 9 });
  });

  test('the list scrolls only when the selection leaves it', () => {
    const tenth = press(INITIAL_UI, ...Array<string>(10).fill('j'));
    assert.deepEqual([tenth.processes.cursor?.index, tenth.processes.top], [9, 0]);
    const eleventh = press(tenth, 'j');
    assert.deepEqual([eleventh.processes.cursor?.index, eleventh.processes.top], [10, 1]);
  });

  test('End and Home reach the ends and stop there; a page keeps one row in sight', () => {
    const last = press(INITIAL_UI, named('End'), named('Down'));
    assert.deepEqual([last.processes.cursor?.key, last.processes.top], ['129', 20]);
    assert.deepEqual(press(last, 'g', named('Up')).processes.cursor, { key: '100', index: 0 });
    assert.equal(press(INITIAL_UI, 'j', named('PageDown')).processes.cursor?.index, 9);
  });

  test('a key in an empty list selects nothing', () => {
    const action: Action = { kind: 'move', by: 'line', direction: 1 };
    assert.equal(reduce(INITIAL_UI, action, { ...FACTS, keys: [] }).processes.cursor, undefined);
  });

  test('when the selected row is gone, the next key goes on from its place and selects no other by itself', () => {
    const ui = { ...INITIAL_UI, processes: { ...INITIAL_UI.processes, cursor: { key: 'gone', index: 4 } } };
    assert.equal(press(ui, 'l').processes.cursor?.key, 'gone');
    assert.deepEqual(press(ui, 'j').processes.cursor, { key: '105', index: 5 });
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
    assert.deepEqual(once.processes.cursor, { key: '102', index: 2 });
    assert.deepEqual(press(once, click(7)).place, { kind: 'connections', ownerId: 102 });
    assert.equal(press(INITIAL_UI, click(4)), INITIAL_UI);
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
  test('Enter opens the connections of the selected row, Esc comes back to the same selection', () => {
    const selected = press(INITIAL_UI, 'j', 'j');
    const opened = press(selected, named('Enter'));
    assert.deepEqual(opened.place, { kind: 'connections', ownerId: 101 });
    assert.deepEqual(press(opened, named('Escape')), { ...selected, place: { kind: 'processes' } });
  });

  test('Enter without a selection opens the first row in sight', () => {
    assert.deepEqual(press(INITIAL_UI, named('Enter')).place, { kind: 'connections', ownerId: 100 });
  });

  test('Enter on the row of all exited processes shows them one by one', () => {
    const cursor = { key: FOLDED_KEY, index: 3 };
    const ui = press({ ...INITIAL_UI, processes: { ...INITIAL_UI.processes, cursor } }, named('Enter'));
    assert.deepEqual([ui.place.kind, ui.everyExited], ['processes', true]);
  });

  test('help and log lie over the place; the same key or Esc closes them', () => {
    assert.equal(press(INITIAL_UI, '?').overlay, 'help');
    assert.equal(press(INITIAL_UI, '?', '?').overlay, 'none');
    assert.equal(press(INITIAL_UI, 'L', named('Escape')).overlay, 'none');
    assert.equal(press(INITIAL_UI, '?', '4').overlay, 'log');
    assert.deepEqual(press(INITIAL_UI, '2', '?', named('Escape')).place.kind, 'connections');
  });

  test('3 shows the interfaces, a page that scrolls; Esc goes back, and the selection behind stays', () => {
    const selected = press(INITIAL_UI, 'j', 'j');
    const page = press(selected, '3');
    assert.equal(page.place.kind, 'interfaces');
    assert.equal(press(page, 'j', 'j', 'k').textTop, 1);
    assert.equal(press(page, named('End')).textTop, 20);
    assert.equal(press(page, '?', 'j', named('Escape')).textTop, 0);
    assert.deepEqual(press(page, named('Escape')).processes, selected.processes);
  });

  test('there is nothing to select, sort or filter among the interfaces, only units to change', () => {
    const page = press(INITIAL_UI, '3');
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
    assert.deepEqual([typing.processes.filter, typing.processes.editing], ['ngq', true]);
    const kept = press(typing, named('Backspace'), named('Enter'));
    assert.deepEqual([kept.processes.filter, kept.processes.editing], ['ng', false]);
    assert.deepEqual(press(typing, named('Escape')).processes, INITIAL_UI.processes);
    assert.equal(press(kept, named('Escape')).processes.filter, '');
  });

  test('pasted text goes into the open filter and nowhere else', () => {
    const paste: Key = { kind: 'paste', text: 'qqq' };
    assert.equal(press(INITIAL_UI, paste), INITIAL_UI);
    assert.equal(press(INITIAL_UI, '/', paste).processes.filter, 'qqq');
  });

  test('Ctrl-C leaves also while typing, Ctrl-U and Ctrl-W erase', () => {
    const typing = press(INITIAL_UI, '/', 'a', ' ', 'b', 'c');
    assert.deepEqual(actionFor(typing, ctrl('c')), { kind: 'quit' });
    assert.equal(press(typing, ctrl('w')).processes.filter, 'a ');
    assert.equal(press(typing, ctrl('u')).processes.filter, '');
  });

  test('each place has its own filter; another process starts without one', () => {
    const selected = press(INITIAL_UI, 'j');
    const inside = press(selected, named('Enter'), '/', 'x', named('Enter'));
    assert.deepEqual([inside.processes.filter, inside.connections.filter], ['', 'x']);
    const elsewhere = press(inside, named('Escape'), named('Escape'), 'j', named('Enter'));
    assert.equal(elsewhere.connections.filter, '');
  });
});

describe('the keymap', () => {
  test('every key that the help names does what it says, everywhere it is named', () => {
    const states = [
      INITIAL_UI,
      press(INITIAL_UI, 'j'),
      press(INITIAL_UI, '2'),
      press(INITIAL_UI, '?'),
      press(INITIAL_UI, '/', 'x', named('Enter')),
    ];
    for (const ui of states) {
      for (const binding of workingBindings(ui)) {
        const chord = binding.chords[0] ?? '';
        const first = BINDINGS.find((each) => each.chords.includes(chord) && each.works(ui));
        assert.equal(first, binding, `${binding.keys} (${binding.help}) is taken by ${first?.help}`);
      }
    }
  });

  test('the help names no key twice for the same place', () => {
    for (const ui of [INITIAL_UI, press(INITIAL_UI, 'j'), press(INITIAL_UI, '2')]) {
      const chords = workingBindings(ui).flatMap((binding) => binding.chords);
      assert.equal(new Set(chords).size, chords.length);
    }
  });
});
