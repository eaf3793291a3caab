// Owns: the tables of the fleet: their columns, and which rows are shown in which order.
// Knows nothing of: keys and where the cursor is.
import { formatPercent, UNIT_MODES, type UnitMode } from '../base/units.ts';
import { countCell, rateCell, rateWidth, textCell } from './cells.ts';
import type { FleetHost, FleetModel, FleetProgram } from './fleet-model.ts';
import { type Span, span, type TextMode } from './styled-text.ts';

/** Where one is. Programs of all hosts together where `host` is undefined. */
export type FleetPlace =
  | { readonly kind: 'hosts' }
  | { readonly kind: 'programs'; readonly host: string | undefined }
  | { readonly kind: 'program'; readonly host: string; readonly program: string; readonly user: string };

export type FleetColumnId =
  | 'host'
  | 'program'
  | 'user'
  | 'sent'
  | 'received'
  | 'cpu'
  | 'load'
  | 'memory'
  | 'alerts'
  | 'age';

export interface FleetSort {
  readonly by: FleetColumnId;
  readonly reversed: boolean;
}

export type FleetRow = FleetHost | FleetProgram;

interface FleetColumn {
  readonly id: FleetColumnId;
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  /** What rows are ordered by: texts from a, numbers from the largest. */
  readonly value: (row: FleetRow) => number | string;
  readonly cell: (row: FleetRow, width: number, mode: TextMode) => readonly Span[];
}

const FIRST_UNITS: UnitMode = { base: 'si', quantity: 'bytes' };
const OLD_SECONDS = 60;
const HOST_WIDTH = 24;
const USER_WIDTH = 12;

export const unitsOf = (index: number): UnitMode => UNIT_MODES[index % UNIT_MODES.length] ?? FIRST_UNITS;

const isHost = (row: FleetRow): row is FleetHost => !('program' in row);
const age = (row: FleetRow) => (isHost(row) ? (row.ageSeconds ?? Number.NaN) : Number.NaN);
const memoryShare = (row: FleetRow) =>
  isHost(row) ? (row.memoryUsed ?? Number.NaN) / (row.memoryTotal ?? Number.NaN) : Number.NaN;

function hostName(row: FleetRow): string {
  return !isHost(row) || row.hostname === '' || row.hostname === row.host ? row.host : `${row.hostname} (${row.host})`;
}

function ageText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  return seconds < 1000 ? `${Math.round(seconds)}s` : `${Math.round(seconds / 60)}m`;
}

/** The columns of a place in a width; the first takes the room that is left. */
export function fleetColumns(place: FleetPlace, columns: number, units: UnitMode): readonly FleetColumn[] {
  const rates = rateWidth(units);
  const text = (id: FleetColumnId, width: number, value: (row: FleetRow) => string): FleetColumn => ({
    ...{ id, title: id.toUpperCase(), width, align: 'left', value },
    cell: (row, wide, mode) => [textCell(value(row), wide, age(row) > OLD_SECONDS ? 'exited' : 'normal', mode)],
  });
  const number = (
    id: FleetColumnId,
    title: string,
    width: number,
    value: (row: FleetRow) => number,
    cell: (value: number) => readonly Span[],
  ): FleetColumn => ({ id, title, width, align: 'right', value, cell: (row) => cell(value(row)) });
  const rate = (id: 'sent' | 'received', value: (row: FleetRow) => number | undefined) =>
    number(...([id, id.toUpperCase(), rates, (row: FleetRow) => value(row) ?? Number.NaN] as const), (of) =>
      rateCell(of, units, rates, 'normal'),
    );
  const percent = (id: 'cpu' | 'memory', title: string, value: (row: FleetRow) => number) =>
    number(id, title, 4, value, (of) => [span(formatPercent(of * 100))]);
  const both = [rate('sent', (row) => row.sentRate), rate('received', (row) => row.receivedRate)];
  const wide = columns >= 78;
  const all: readonly FleetColumn[] =
    place.kind === 'hosts'
      ? [
          text('host', 0, hostName),
          ...both,
          ...(wide
            ? [
                percent('cpu', 'CPU%', (row) => (isHost(row) ? (row.cpu ?? Number.NaN) : Number.NaN)),
                number(
                  'load',
                  'LOAD',
                  5,
                  (row) => (isHost(row) ? (row.load1 ?? Number.NaN) : Number.NaN),
                  (of) => [span((Number.isFinite(of) ? of.toFixed(2).slice(0, 5) : '-').padStart(5))],
                ),
                percent('memory', 'MEM%', memoryShare),
              ]
            : []),
          number(
            'alerts',
            'ALERTS',
            6,
            (row) => (isHost(row) ? row.alerts : 0),
            (of) => [of > 0 ? span(String(of).padStart(6), 'warn') : countCell(0, 6, 'dim')],
          ),
          ...(wide
            ? [number('age', 'AGE', 5, age, (of) => [span(ageText(of).padStart(5), of > OLD_SECONDS ? 'warn' : 'dim')])]
            : []),
        ]
      : [
          text('program', 0, (row) => (isHost(row) ? '' : row.program)),
          ...(place.kind === 'programs' && place.host === undefined && wide
            ? [text('host', HOST_WIDTH, hostName)]
            : []),
          ...(columns >= 60 ? [text('user', USER_WIDTH, (row: FleetRow) => (isHost(row) ? '' : row.user))] : []),
          ...both,
        ];
  const fixed = all.slice(1).reduce((sum, { width }) => sum + width + 2, 0);
  return all.map((each, i) => (i === 0 ? { ...each, width: Math.max(8, columns - fixed - 1) } : each));
}

/** The rows of a place that hold every word of the filter, ordered by a column; unknown values are last. */
export function fleetRows(
  model: FleetModel | undefined,
  place: FleetPlace,
  { filter, sort }: { readonly filter: string; readonly sort: FleetSort },
): readonly FleetRow[] {
  if (model === undefined || place.kind === 'program') return [];
  const rows: readonly FleetRow[] =
    place.kind === 'hosts'
      ? model.hosts
      : model.programs.filter(({ host }) => place.host === undefined || host === place.host);
  const words = filter.toLowerCase().split(' ').filter(Boolean);
  const found = rows.filter((row) => {
    const text = (isHost(row) ? hostName(row) : `${row.program} ${row.user} ${row.host}`).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const column = fleetColumns(place, Number.MAX_SAFE_INTEGER, FIRST_UNITS).find(({ id }) => id === sort.by);
  if (column === undefined) return found;
  const turn = sort.reversed ? -1 : 1;
  return [...found].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (typeof x === 'string' || typeof y === 'string') return turn * (x < y ? -1 : x > y ? 1 : 0);
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return turn * (y - x);
  });
}
