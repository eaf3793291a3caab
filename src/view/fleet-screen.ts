// Owns: the screens of the fleet: hosts, the programs of one, one program's last hour; and what keys do between them.
// Knows nothing of: the server and the terminal.
import { textWidth } from '../base/text-width.ts';
import { formatPercent, UNIT_MODES, type UnitMode } from '../base/units.ts';
import { countCell, rateCell, rateWidth, textCell } from './cells.ts';
import type { FleetHost, FleetModel, FleetProgram } from './fleet-model.ts';
import { graphLines } from './sparkline.ts';
import { type Frame, type Row, restyled, row, span, type TextMode } from './styled-text.ts';
import { headerRow, type TableColumn, tableRow } from './table.ts';

/** Where one is. */
export type FleetPlace =
  | { readonly kind: 'hosts' }
  | { readonly kind: 'programs'; readonly host: string }
  | { readonly kind: 'program'; readonly host: string; readonly program: string; readonly user: string };

export interface FleetUi {
  readonly place: FleetPlace;
  readonly cursor: number;
}

export const FIRST_FLEET_UI: FleetUi = { place: { kind: 'hosts' }, cursor: 0 };

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

const UNITS: UnitMode = UNIT_MODES[0] ?? { base: 'si', quantity: 'bytes' };
const HEAD_ROWS = 3;

function rowsOf(view: Pick<FleetView, 'ui' | 'model'>): readonly (FleetHost | FleetProgram)[] {
  const { place } = view.ui;
  if (place.kind === 'hosts') return view.model?.hosts ?? [];
  return place.kind === 'programs' ? (view.model?.programs.filter(({ host }) => host === place.host) ?? []) : [];
}

/** @returns the next state; undefined: the end. */
export function fleetKey(key: string, view: Pick<FleetView, 'ui' | 'model' | 'size'>): FleetUi | undefined {
  const { ui } = view;
  const rows = rowsOf(view);
  const to = (cursor: number): FleetUi => ({ ...ui, cursor: Math.max(0, Math.min(cursor, rows.length - 1)) });
  const page = Math.max(1, view.size.rows - HEAD_ROWS - 1);
  switch (key) {
    case 'C-c':
      return undefined;
    case 'q':
    case 'escape':
    case 'backspace':
    case 'left':
      if (ui.place.kind === 'hosts') return key === 'q' ? undefined : ui;
      if (ui.place.kind === 'programs') return FIRST_FLEET_UI;
      return { place: { kind: 'programs', host: ui.place.host }, cursor: 0 };
    case 'down':
    case 'j':
      return to(ui.cursor + 1);
    case 'up':
    case 'k':
      return to(ui.cursor - 1);
    case 'pagedown':
      return to(ui.cursor + page);
    case 'pageup':
      return to(ui.cursor - page);
    case 'home':
      return to(0);
    case 'end':
      return to(rows.length - 1);
    case 'enter':
    case 'right': {
      const chosen = rows[ui.cursor];
      if (chosen === undefined) return ui;
      if ('program' in chosen) {
        const { host, program, user } = chosen;
        return { place: { kind: 'program', host, program, user }, cursor: 0 };
      }
      return { place: { kind: 'programs', host: chosen.host }, cursor: 0 };
    }
    default:
      return ui;
  }
}

export function fleetFrame(view: FleetView): Frame {
  const { size } = view;
  const body = Math.max(0, size.rows - HEAD_ROWS - 1);
  const content = view.ui.place.kind === 'program' ? graphRows(view, body) : listRows(view, body);
  const rows = [...head(view), ...content];
  while (rows.length < size.rows - 1) rows.push(row());
  return { rows: [...rows.slice(0, size.rows - 1), foot(view)] };
}

function head({ ui, model, problem, nowMs }: FleetView): readonly Row[] {
  const sum = (of: (host: FleetHost) => number | undefined) =>
    (model?.hosts ?? []).reduce((total, host) => total + (of(host) ?? 0), 0);
  const { place } = ui;
  const where =
    place.kind === 'hosts'
      ? 'Fleet'
      : place.kind === 'programs'
        ? `Fleet > ${place.host}`
        : `Fleet > ${place.host} > ${place.program} (${place.user})`;
  const width = rateWidth(UNITS);
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
        UNITS,
        width,
        'normal',
      ),
      span('   received ', 'label'),
      ...rateCell(
        sum(({ receivedRate }) => receivedRate),
        UNITS,
        width,
        'normal',
      ),
    ),
    problem === '' ? row() : row(span(stale, 'warn')),
  ];
}

const column = (title: string, width: number, align: 'left' | 'right', gap = 2, sorted = false): TableColumn => ({
  title,
  width,
  align,
  gap,
  sorted,
});

function listRows(view: FleetView, body: number): readonly Row[] {
  const { ui, size, mode, model } = view;
  const rows = rowsOf(view);
  if (rows.length === 0) {
    const text =
      model === undefined
        ? 'waiting for the first answer'
        : ui.place.kind === 'hosts'
          ? 'no host sends nettrace metrics to this server; see docs/fleet.md'
          : 'no program of this host moves anything';
    return [row(), row(span(text, 'dim'))];
  }
  const rates = rateWidth(UNITS);
  const wide = size.columns >= 78;
  const fixed = 2 * (rates + 2) + (ui.place.kind === 'hosts' ? (wide ? 34 : 8) : 14);
  const flexible = Math.max(8, size.columns - fixed - 1);
  const columns =
    ui.place.kind === 'hosts'
      ? [
          column('HOST', flexible, 'left', 1),
          column('SENT', rates, 'right'),
          column('RECEIVED', rates, 'right', 2, true),
          ...(wide ? [column('CPU%', 4, 'right'), column('LOAD', 5, 'right'), column('MEM%', 4, 'right')] : []),
          column('ALERTS', 6, 'right'),
          ...(wide ? [column('AGE', 5, 'right')] : []),
        ]
      : [
          column('PROGRAM', flexible, 'left', 1),
          column('USER', 12, 'left'),
          column('SENT', rates, 'right'),
          column('RECEIVED', rates, 'right', 2, true),
        ];
  const cursor = Math.min(ui.cursor, rows.length - 1);
  const top = Math.max(0, Math.min(cursor - (body >> 1), rows.length - body));
  return [
    headerRow(columns, mode),
    ...rows.slice(top, top + body).map((each, i) => {
      const cells =
        'program' in each ? programCells(each, flexible, rates, mode) : hostCells(each, flexible, rates, wide, mode);
      const line = tableRow(columns, cells);
      return top + i === cursor ? restyled(line, 'selected') : line;
    }),
  ];
}

function hostCells(host: FleetHost, width: number, rates: number, wide: boolean, mode: TextMode) {
  const name = host.hostname === '' || host.hostname === host.host ? host.host : `${host.hostname} (${host.host})`;
  const old = (host.ageSeconds ?? 0) > 60;
  const memory = (host.memoryUsed ?? Number.NaN) / (host.memoryTotal ?? Number.NaN);
  return [
    [textCell(name, width, old ? 'exited' : 'normal', mode)],
    rateCell(host.sentRate, UNITS, rates, 'normal'),
    rateCell(host.receivedRate, UNITS, rates, 'normal'),
    ...(wide
      ? [
          [span(formatPercent((host.cpu ?? Number.NaN) * 100))],
          [span((host.load1 ?? Number.NaN).toFixed(2).slice(0, 5).padStart(5))],
          [span(formatPercent(memory * 100))],
        ]
      : []),
    [host.alerts > 0 ? span(String(host.alerts).padStart(6), 'warn') : countCell(0, 6, 'dim')],
    ...(wide ? [[span(ageText(host.ageSeconds).padStart(5), old ? 'warn' : 'dim')]] : []),
  ];
}

function programCells(row: FleetProgram, width: number, rates: number, mode: TextMode) {
  return [
    [textCell(row.program, width, 'normal', mode)],
    [textCell(row.user, 12, 'dim', mode)],
    rateCell(row.sentRate, UNITS, rates, 'normal'),
    rateCell(row.receivedRate, UNITS, rates, 'normal'),
  ];
}

function ageText(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  return seconds < 1000 ? `${Math.round(seconds)}s` : `${Math.round(seconds / 60)}m`;
}

function graphRows({ hour, size, mode }: FleetView, body: number): readonly Row[] {
  const known = hour.filter((value) => Number.isFinite(value));
  if (known.length === 0) return [row(), row(span('no values of the last hour yet', 'dim'))];
  const top = Math.max(...known);
  const height = Math.max(1, Math.min(12, body - 2));
  const graph = graphLines(hour, { width: Math.min(size.columns, 60), height }, mode);
  return [
    row(span('last hour, up to ', 'label'), ...rateCell(top, UNITS, rateWidth(UNITS), 'normal')),
    ...graph.map((line) => row(span(line, 'received'))),
  ];
}

function foot({ ui, size }: FleetView): Row {
  const keys: readonly (readonly [string, string])[] =
    ui.place.kind === 'program'
      ? [['Esc', 'back']]
      : [
          ['Enter', ui.place.kind === 'hosts' ? 'programs' : 'last hour'],
          ['↑↓', 'select'],
          [ui.place.kind === 'hosts' ? 'q' : 'Esc', ui.place.kind === 'hosts' ? 'quit' : 'back'],
        ];
  const spans = keys.flatMap(([key, label]) => [span(key, 'key'), span(` ${label}  `, 'key-label')]);
  return textWidth(spans.map(({ text }) => text).join('')) <= size.columns ? { spans } : row();
}
