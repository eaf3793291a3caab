// Owns: the screens of the fleet: hosts, programs of one or all, one program's last hour; and what keys do between them.
// Knows nothing of: the server and the terminal.
import { textWidth } from '../base/text-width.ts';
import { UNIT_MODES } from '../base/units.ts';
import { rateCell, rateWidth } from './cells.ts';
import { type FleetPlace, type FleetSort, fleetColumns, fleetRows, unitsOf } from './fleet-list.ts';
import type { FleetHost, FleetModel } from './fleet-model.ts';
import { graphLines } from './sparkline.ts';
import { type Frame, type Row, restyled, row, span, type TextMode } from './styled-text.ts';
import { headerRow, type TableColumn, tableRow } from './table.ts';

export interface FleetUi {
  readonly place: FleetPlace;
  readonly cursor: number;
  readonly sort: FleetSort;
  /** Words that a row must hold. */
  readonly filter: string;
  /** Whether keys go into the filter. */
  readonly typing: boolean;
  /** Of UNIT_MODES. */
  readonly units: number;
  readonly paused: boolean;
  readonly help: boolean;
}

export const FIRST_FLEET_UI: FleetUi = {
  place: { kind: 'hosts' },
  cursor: 0,
  sort: { by: 'received', reversed: false },
  filter: '',
  typing: false,
  units: 0,
  paused: false,
  help: false,
};

export interface FleetView {
  readonly size: { readonly columns: number; readonly rows: number };
  readonly mode: TextMode;
  readonly ui: FleetUi;
  /** The last answer; undefined before the first. */
  readonly model: FleetModel | undefined;
  /** What is wrong with the server now; empty: nothing. */
  readonly problem: string;
  /** Of the program that is shown, oldest first. */
  readonly hour: readonly number[];
  readonly nowMs: number;
}

const HEAD_ROWS = 3;
const WHEEL_ROWS = 3;
const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'the programs of a host, the last hour of a program'],
  ['Esc, q', 'back; q on the hosts ends'],
  ['Tab', 'programs of all hosts, and back'],
  ['Up, Down, PgUp, PgDn, Home, End', 'select, also j, k, wheel and click; a second click is Enter'],
  ['/', 'filter: words that a row must hold; Enter keeps them, Esc clears them'],
  ['s, r', 'order by the next column, the other way round'],
  ['m', 'next units'],
  ['Space', 'pause, and go on'],
  ['?', 'this help'],
];

/** @param view with the line of a click @returns the next state; undefined: the end. */
export function fleetKey(
  key: string,
  view: Pick<FleetView, 'ui' | 'model' | 'size'> & { readonly clicked?: number | undefined },
): FleetUi | undefined {
  const { ui } = view;
  if (key === 'C-c') return undefined;
  if (ui.help) return { ...ui, help: false };
  if (ui.typing) return typed(key, ui);
  const rows = fleetRows(view.model, ui.place, ui);
  const to = (cursor: number): FleetUi => ({ ...ui, cursor: Math.max(0, Math.min(cursor, rows.length - 1)) });
  const page = Math.max(1, view.size.rows - HEAD_ROWS - 1);
  const pick = (index: number): FleetUi => {
    const chosen = rows[index];
    if (chosen === undefined) return ui;
    if (!('program' in chosen)) return moved(ui, { kind: 'programs', host: chosen.host });
    const { host, program, user } = chosen;
    return moved(ui, { kind: 'program', host, program, user });
  };
  switch (key) {
    case 'q':
    case 'escape':
    case 'backspace':
    case 'left':
      if (key !== 'q' && ui.filter !== '') return { ...ui, filter: '', cursor: 0 };
      if (ui.place.kind === 'hosts') return key === 'q' ? undefined : ui;
      return moved(ui, ui.place.kind === 'programs' ? { kind: 'hosts' } : { kind: 'programs', host: ui.place.host });
    case 'down':
    case 'j':
      return to(ui.cursor + 1);
    case 'up':
    case 'k':
      return to(ui.cursor - 1);
    case 'wheel-down':
      return to(ui.cursor + WHEEL_ROWS);
    case 'wheel-up':
      return to(ui.cursor - WHEEL_ROWS);
    case 'click-left': {
      const at = firstRow(ui, rows.length, page) + (view.clicked ?? 0) - HEAD_ROWS;
      if ((view.clicked ?? 0) < HEAD_ROWS || at >= rows.length) return ui;
      return at === ui.cursor ? pick(at) : to(at);
    }
    case 'pagedown':
      return to(ui.cursor + page);
    case 'pageup':
      return to(ui.cursor - page);
    case 'home':
      return to(0);
    case 'end':
      return to(rows.length - 1);
    case 'tab':
      return moved(ui, ui.place.kind === 'hosts' ? { kind: 'programs', host: undefined } : { kind: 'hosts' });
    case '/':
      return ui.place.kind === 'program' ? ui : { ...ui, typing: true };
    case 's': {
      const ids = fleetColumns(ui.place, view.size.columns, unitsOf(ui.units)).map(({ id }) => id);
      const by = ids[(ids.indexOf(ui.sort.by) + 1) % ids.length] ?? 'received';
      return { ...ui, sort: { by, reversed: false }, cursor: 0 };
    }
    case 'r':
      return { ...ui, sort: { ...ui.sort, reversed: !ui.sort.reversed }, cursor: 0 };
    case 'm':
      return { ...ui, units: (ui.units + 1) % UNIT_MODES.length };
    case 'space':
    case ' ':
      return { ...ui, paused: !ui.paused };
    case '?':
    case 'f1':
      return { ...ui, help: true };
    case 'enter':
    case 'right':
      return pick(Math.min(ui.cursor, rows.length - 1));
    default:
      return ui;
  }
}

/** Another place: what its rows do not have cannot order them, and its names are others. */
function moved(ui: FleetUi, place: FleetPlace): FleetUi {
  const isKnown = ui.sort.by === 'sent' || ui.sort.by === 'received';
  return { ...ui, place, cursor: 0, filter: '', sort: isKnown ? ui.sort : FIRST_FLEET_UI.sort };
}

function typed(key: string, ui: FleetUi): FleetUi {
  if (key === 'enter') return { ...ui, typing: false };
  if (key === 'escape') return { ...ui, typing: false, filter: '', cursor: 0 };
  if (key === 'backspace') return { ...ui, filter: ui.filter.slice(0, -1), cursor: 0 };
  const text = key === 'space' ? ' ' : key;
  return [...text].length === 1 ? { ...ui, filter: ui.filter + text, cursor: 0 } : ui;
}

export function fleetFrame(view: FleetView): Frame {
  const { size, ui } = view;
  const body = Math.max(0, size.rows - HEAD_ROWS - 1);
  const content = ui.help ? helpRows() : ui.place.kind === 'program' ? graphRows(view, body) : listRows(view, body);
  const rows = [...head(view), ...content];
  while (rows.length < size.rows - 1) rows.push(row());
  return { rows: [...rows.slice(0, size.rows - 1), foot(view)] };
}

function helpRows(): readonly Row[] {
  return [row(), ...KEYS.map(([key, does]) => row(span(`  ${key.padEnd(34)}`, 'key'), span(does)))];
}

function head({ ui, model, problem, nowMs }: FleetView): readonly Row[] {
  const sum = (of: (host: FleetHost) => number | undefined) =>
    (model?.hosts ?? []).reduce((total, host) => total + (of(host) ?? 0), 0);
  const { place } = ui;
  const where =
    place.kind === 'hosts'
      ? 'Fleet'
      : place.kind === 'programs'
        ? `Fleet > ${place.host ?? 'programs of all hosts'}`
        : `Fleet > ${place.host} > ${place.program} (${place.user})`;
  const units = unitsOf(ui.units);
  const width = rateWidth(units);
  const age = model === undefined ? 0 : Math.round((nowMs - model.timeMs) / 1000);
  const stale = model === undefined ? problem : `stale for ${age} s: ${problem}`;
  return [
    row(
      span(where, 'title'),
      span('   hosts ', 'label'),
      span(String(model?.hosts.length ?? 0), 'value'),
      span('   sent ', 'label'),
      ...rateCell(
        sum(({ sentRate }) => sentRate),
        units,
        width,
        'normal',
      ),
      span('   received ', 'label'),
      ...rateCell(
        sum(({ receivedRate }) => receivedRate),
        units,
        width,
        'normal',
      ),
      ...(ui.paused ? [span('   paused', 'warn')] : []),
    ),
    problem === '' ? filterRow(ui) : row(span(stale, 'warn')),
  ];
}

function filterRow({ filter, typing }: FleetUi): Row {
  if (filter === '' && !typing) return row();
  return row(span('filter: ', 'label'), span(`${filter}${typing ? '_' : ''}`, 'value'));
}

/** The selected row is in the middle where there is more than fits. */
function firstRow({ cursor }: FleetUi, count: number, body: number): number {
  return Math.max(0, Math.min(Math.min(cursor, count - 1) - (body >> 1), count - body));
}

function listRows({ ui, size, mode, model }: FleetView, body: number): readonly Row[] {
  const rows = fleetRows(model, ui.place, ui);
  if (rows.length === 0) {
    const text =
      model === undefined
        ? 'waiting for the first answer'
        : ui.filter !== ''
          ? 'no row holds these words; Esc clears the filter'
          : ui.place.kind === 'hosts'
            ? 'no host sends nettrace metrics to this server; see docs/fleet.md'
            : 'no program moves anything here';
    return [row(), row(span(text, 'dim'))];
  }
  const own = fleetColumns(ui.place, size.columns, unitsOf(ui.units));
  const columns = own.map(
    ({ id, title, width, align }, i): TableColumn => ({
      title,
      width,
      align,
      gap: i === 0 ? 1 : 2,
      sorted: id === ui.sort.by,
      ascends: (align === 'left') !== ui.sort.reversed,
    }),
  );
  const cursor = Math.min(ui.cursor, rows.length - 1);
  const top = firstRow(ui, rows.length, body);
  return [
    headerRow(columns, mode),
    ...rows.slice(top, top + body).map((each, i) => {
      const line = tableRow(
        columns,
        own.map(({ cell, width }) => cell(each, width, mode)),
      );
      return top + i === cursor ? restyled(line, 'selected') : line;
    }),
  ];
}

function graphRows({ hour, size, mode, ui }: FleetView, body: number): readonly Row[] {
  const known = hour.filter((value) => Number.isFinite(value));
  if (known.length === 0) return [row(), row(span('no values of the last hour yet', 'dim'))];
  const top = Math.max(...known);
  const height = Math.max(1, Math.min(12, body - 2));
  const graph = graphLines(hour, { width: Math.min(size.columns, 60), height }, mode);
  return [
    row(
      span('last hour, up to ', 'label'),
      ...rateCell(top, unitsOf(ui.units), rateWidth(unitsOf(ui.units)), 'normal'),
    ),
    ...graph.map((line) => row(span(line, 'received'))),
  ];
}

function foot({ ui, size }: FleetView): Row {
  const keys: readonly (readonly [string, string])[] =
    ui.place.kind === 'program'
      ? [['Esc', 'back']]
      : [
          ['Enter', ui.place.kind === 'hosts' ? 'programs' : 'last hour'],
          ['Tab', ui.place.kind === 'hosts' ? 'all programs' : 'hosts'],
          ['/', 'filter'],
          ['s r', 'order'],
          ['m', 'units'],
          ['Space', 'pause'],
          ['?', 'help'],
          [ui.place.kind === 'hosts' ? 'q' : 'Esc', ui.place.kind === 'hosts' ? 'quit' : 'back'],
        ];
  // Help and the way out stay; what is before them is in the help.
  const shown = [...keys];
  const spans = () => shown.flatMap(([key, label]) => [span(key, 'key'), span(` ${label}  `, 'key-label')]);
  const width = () =>
    textWidth(
      spans()
        .map(({ text }) => text)
        .join(''),
    );
  while (shown.length > 2 && width() > size.columns) shown.splice(-3, 1);
  return width() <= size.columns ? { spans: spans() } : row();
}
