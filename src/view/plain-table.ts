// Owns: tables without number columns of their own: which of some sets of columns a width has room for, and their titles.
// Knows nothing of: rows and cells.
import { sortedBy } from './number-columns.ts';
import type { TableColumn } from './table.ts';
import type { ViewInput } from './view-input.ts';

export interface PlainColumn {
  readonly title: string;
  readonly width: number;
  /** Blank cells before it; 2 unless given. */
  readonly gap?: number;
  readonly align?: 'right';
  /** Id of the field that a click on the title sorts by. */
  readonly sort?: string;
}

/** A set of columns that is used where its flexible one gets at least `least` cells; it gets `most` at most. */
export interface PlainStep<Id extends string> {
  readonly columns: readonly Id[];
  readonly flexible: Id;
  readonly least: number;
  readonly most?: number;
}

export interface PlainTable<Id extends string> {
  readonly ids: readonly Id[];
  readonly columns: readonly TableColumn[];
}

const GAP = 2;

/** The first step that fits, else the last one. */
export function plainTable<Id extends string>(
  { size, ui }: ViewInput,
  steps: readonly PlainStep<Id>[],
  columns: Readonly<Record<Id, PlainColumn>>,
): PlainTable<Id> {
  const fits = steps.find((step) => roomOf(step, columns, size.columns) >= step.least) ?? steps.at(-1);
  if (fits === undefined) return { ids: [], columns: [] };
  const room = Math.max(0, Math.min(fits.most ?? Number.MAX_SAFE_INTEGER, roomOf(fits, columns, size.columns)));
  return {
    ids: fits.columns,
    columns: fits.columns.map((id): TableColumn => {
      const { title, width, gap = GAP, align = 'left', sort } = columns[id];
      return {
        ...{ title, align, gap, width: id === fits.flexible ? room : width },
        ...(sort === undefined ? {} : { sort }),
        sorted: sort !== undefined && sortedBy(ui, sort),
      };
    }),
  };
}

/** Cells that are left for the flexible column. */
function roomOf<Id extends string>(
  { columns: ids, flexible }: PlainStep<Id>,
  columns: Readonly<Record<Id, PlainColumn>>,
  available: number,
): number {
  return ids.reduce(
    (left, id) => left - (columns[id].gap ?? GAP) - (id === flexible ? 0 : columns[id].width),
    available,
  );
}
