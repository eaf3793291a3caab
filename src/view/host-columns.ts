// Owns: the columns of the table of remote hosts: title, width and cell of each, and which a width has room for.
// Knows nothing of: which hosts are listed.
import { formatDuration } from '../base/units.ts';
import type { HostRow } from '../model/host-rows.ts';
import { countCell, type RowTone, rowMark, textCell, withGroupName } from './cells.ts';
import { ownerText } from './connection-columns.ts';
import type { Entry } from './list-spec.ts';
import {
  COMPACT,
  FIXED,
  isNumberColumn,
  type NumberColumn,
  numberCell,
  numberColumn,
  RATES,
  sortedBy,
  TINY,
  TOTALS,
} from './number-columns.ts';
import { isIdle } from './owner-list.ts';
import type { Span } from './styled-text.ts';
import { type Cells, chooseStep, type Step, type TableColumn } from './table.ts';
import type { ViewInput } from './view-input.ts';

type TextColumn = 'address' | 'services' | 'owner' | 'last';
type HostColumn = 'mark' | TextColumn | 'connections' | 'processes' | NumberColumn;

export interface HostTable {
  readonly ids: readonly HostColumn[];
  readonly columns: readonly TableColumn[];
}

const WIDE: readonly HostColumn[] = ['mark', 'address', 'services', 'owner', 'processes', 'connections'];

/** The address takes what is left: it is what one looks for. */
const STEPS: readonly Step<HostColumn>[] = [
  { columns: [...WIDE, ...RATES, ...TOTALS, 'last'], least: 24 },
  { columns: [...WIDE, ...RATES, ...TOTALS], least: 20 },
  { columns: ['mark', 'address', 'services', 'owner', 'connections', ...RATES, ...TOTALS], least: 18 },
  { columns: ['mark', 'address', 'owner', 'connections', ...RATES], least: 18 },
  { columns: ['mark', 'address', 'owner', ...RATES], least: 16 },
  { columns: ['mark', 'address', ...RATES], least: 16 },
  { columns: ['mark', 'address', ...COMPACT], least: 15 },
  { columns: ['mark', 'address', ...TINY], least: 1 },
];

const FIXED_STEPS: readonly Step<HostColumn>[] = [
  { columns: [...WIDE, ...FIXED, 'last'], least: 24 },
  { columns: ['mark', 'address', 'owner', 'connections', ...FIXED], least: 18 },
  { columns: ['mark', 'address', ...FIXED], least: 12 },
  { columns: ['mark', 'address', ...TINY], least: 1 },
];

export function hostTable(input: ViewInput): HostTable {
  const steps = input.ui.viewMode.kind === 'adaptive' ? STEPS : FIXED_STEPS;
  const chosen = chooseStep(steps, input.size.columns, (id) => {
    const column = describe(id, input, 0);
    return column.gap + column.width;
  });
  return { ids: chosen.columns, columns: chosen.columns.map((id) => describe(id, input, chosen.flexible)) };
}

function describe(id: HostColumn, input: ViewInput, flexible: number): TableColumn {
  const plain = { align: 'left', gap: 1, sorted: false } as const;
  const by = (sort: string) => ({ ...plain, sort, sorted: sortedBy(input.ui, sort) });
  const count = { align: 'right', width: 5 } as const;
  switch (id) {
    case 'mark':
      return { ...plain, title: '', gap: 0, width: 1 };
    case 'address':
      return { ...by('address'), title: 'REMOTE', width: flexible };
    case 'services':
      return { ...by('services'), title: 'SERVICE', width: 12 };
    case 'owner':
      return { ...by('program'), title: 'PROCESS', width: 18 };
    case 'processes':
      return { ...by('processes'), ...count, title: 'PROC' };
    case 'connections':
      return { ...by('connections'), ...count, title: 'CONN' };
    case 'last':
      return { ...by('lastMs'), title: 'LAST', align: 'right', gap: 2, width: 6, showsAge: true };
    default:
      return numberColumn(id, input.ui);
  }
}

export function hostCells(entry: Entry<HostRow>, table: HostTable, input: ViewInput, selected: boolean): Cells {
  const { row } = entry;
  const tone: RowTone = isIdle(row) ? 'dim' : 'normal';
  const cells = table.ids.map((id, i): readonly Span[] => {
    const width = table.columns[i]?.width ?? 0;
    if (isNumberColumn(id)) return numberCell(id, row, input.ui, width, tone);
    switch (id) {
      case 'mark':
        return [rowMark(entry, selected, tone)];
      case 'connections':
        return [countCell(row.connections, width, tone)];
      case 'processes':
        return [countCell(row.detail().processes, width, tone)];
      case 'address':
        return [textCell((entry.lead ?? '') + row.address, width, tone, input.mode)];
      default:
        return [textCell(cellText(id, entry, input), width, 'dim', input.mode, id === 'last' ? 'right' : 'left')];
    }
  });
  if (entry.title === undefined) return cells;
  return withGroupName(cells, table.columns, entry, table.ids.indexOf('address'), tone, input.mode);
}

function cellText(id: Exclude<TextColumn, 'address'>, { row, title }: Entry<HostRow>, input: ViewInput): string {
  switch (id) {
    case 'services':
      return title === undefined ? more(row.detail().services[0] ?? '', row.detail().services.length) : '';
    case 'owner':
      return title === undefined ? more(ownerText(row.detail().owner), row.detail().ownerIds.length) : '';
    case 'last':
      return formatDuration(Math.max(0, input.reading.model.timeMs - row.lastMs) / 1000).trim();
  }
}

function more(first: string, count: number): string {
  return count > 1 ? `${first} +${count - 1}` : first;
}
