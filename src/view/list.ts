// Owns: a list screen made from its spec: rows of the model filtered, ordered, grouped, pinned, and drawn as a body.
// Knows nothing of: what the rows are and what stands around the list.
import { compileFilter } from '../model/filter.ts';
import type { Model } from '../model/model.ts';
import { type RowSource, rowsOf, sourceOf } from '../model/row-source.ts';
import { sumOf } from '../model/sums.ts';
import { cursorIndex } from './cursor.ts';
import {
  allLines,
  groupEntries,
  holdLine,
  type Lines,
  linesOf,
  pinLines,
  plainLines,
  treeEntries,
  withMove,
} from './list-entries.ts';
import { ascends, orderRows } from './list-order.ts';
import type { Entry, Grouping, ListSpec, ListTable, Matched } from './list-spec.ts';
import { withStrokes } from './nested-lines.ts';
import type { ExportTable, PageBody } from './page-body.ts';
import type { Ranking } from './ranking.ts';
import type { Order } from './reading.ts';
import { type Row as Line, restyled } from './styled-text.ts';
import { headerRow, tableRow } from './table.ts';
import { type ListState, listOf, type Place, sortOf, type UiState } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

/** A list whose rows are nobody's business. */
export interface ListScreen {
  readonly rank: (model: Model, order: Order, previous: Ranking | undefined) => Ranking | undefined;
  readonly body: (input: ViewInput) => PageBody;
  /** What is wrong with a filter; undefined: nothing. */
  readonly problem: (filter: string) => string | undefined;
  /** Every name that a filter can ask for. */
  readonly names: readonly string[];
  /** Ids and names of the groupings, `tree` among them. */
  readonly groups: readonly { readonly id: string; readonly name: string }[];
  /** What rows can be sorted by: ids of fields, and `sent` and `received` where they move bytes. */
  readonly sorts: readonly string[];
  /** What is filtered or grouped by needs samples with live flows. */
  readonly asksFlows: (list: ListState) => boolean;
  /** Its rows move bytes: they are sorted by sent or received, and those of one interface can be looked at. */
  readonly hasTraffic: boolean;
  /** Its rows may be processes that a signal can be sent to. */
  readonly hasTargets: boolean;
}

export function createList<Row, Table extends ListTable>(spec: ListSpec<Row, Table>): ListScreen {
  const find = remembered(spec.rows);
  return {
    rank(model, order, previous) {
      const rows = find(model, order.place);
      return rows && orderRows(spec, rows, order, previous);
    },
    body: (input) => listBody(spec, find(input.reading.model, input.ui.place), input),
    problem(filter) {
      const compiled = compileFilter(filter, spec.vocabulary);
      return compiled.ok ? undefined : compiled.problem;
    },
    groups: [...spec.groups, ...(spec.tree === undefined ? [] : [{ id: 'tree', name: 'parent' }])],
    sorts: [...(spec.traffic === undefined ? [] : ['sent', 'received']), ...spec.fields.map(({ id }) => id)],
    asksFlows: (list) => spec.asksFlows?.(list) === true,
    hasTraffic: spec.traffic !== undefined,
    hasTargets: spec.target !== undefined || spec.pageTarget !== undefined,
    names: [...new Set(spec.vocabulary.fields.flatMap(({ names }) => names))],
  };
}

/** The rows of the last model and place: a frame for every key must not make them again. */
function remembered<Row>(find: ListSpec<Row, ListTable>['rows']) {
  let last: { readonly model: Model; readonly place: Place; readonly rows: RowSource<Row> | undefined } | undefined;
  return (model: Model, place: Place): RowSource<Row> | undefined => {
    if (last?.model !== model || last.place !== place) {
      const found = find(model, place);
      last = { model, place, rows: found === undefined || 'peek' in found ? found : sourceOf(found) };
    }
    return last.rows;
  };
}

const NO_ROWS = sourceOf<never>([]);

function listBody<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: RowSource<Row> | undefined,
  input: ViewInput,
): PageBody {
  const table = spec.table(input);
  const list = listOf(input.ui);
  const { lines, ranked, matched } = listLines(spec, rows ?? NO_ROWS, input);
  const { keys } = lines;
  const selected = list.cursor !== undefined && keys.includes(list.cursor.key) ? list.cursor.key : undefined;
  const entryOf = (key: string | undefined) => (key === undefined ? undefined : lines.at(keys.indexOf(key)));
  const rises = ascends(spec.fields, sortOf(input.ui));
  const titled = table.columns.map((column) => (column.sorted === false ? column : { ...column, ascends: rises }));
  return {
    subject: spec.subject?.(input) ?? '',
    titles: [...(spec.head?.(input) ?? []), headerRow(titled, input.mode)],
    columns: table.columns,
    keys,
    ranked,
    rowAt: (index) => entryLine(spec, lines.at(index), table, input, selected),
    pinned: spec.sums?.(matched, table, input) ?? [],
    top: list.top,
    shown: selected === undefined ? undefined : cursorIndex(list.cursor, keys),
    empty: rows !== undefined && rows.length > 0 ? `no ${spec.noun} matches "${list.filter}"` : spec.empty(input, rows),
    rows: {
      opens(key) {
        const entry = entryOf(key);
        return entry === undefined || entry.members !== undefined ? undefined : spec.opens?.(entry.row, input);
      },
      copies(key) {
        const entry = entryOf(key);
        return entry && (entry.title ?? spec.copies(entry.row));
      },
      target(key) {
        if (spec.pageTarget !== undefined) return spec.pageTarget(input);
        const entry = entryOf(key);
        return entry === undefined || entry.members !== undefined ? undefined : spec.target?.(entry.row, input);
      },
      wants: (top, count) => wantedPairs(spec, rows ?? NO_ROWS, lines, { top, count }, input),
      exports: () => exportRows(spec, allLines(lines)),
    },
  };
}

function entryLine<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  entry: Entry<Row> | undefined,
  table: Table,
  input: ViewInput,
  selected: string | undefined,
): Line {
  if (entry === undefined) return { spans: [] };
  const isSelected = entry.key === selected;
  const shown = withMove(entry, input.reading.ranking);
  const line = tableRow(table.columns, spec.cells(shown, table, input, isSelected));
  if (!isSelected) return line;
  return restyled(line, spec.hasEnded?.(entry.row) ? 'selected-dim' : 'selected');
}

/** Asked for where they decide about the order or what is listed. */
const MOST_WANTED = 1000;

function wantedPairs<Row, Table extends ListTable>(
  { socket }: ListSpec<Row, Table>,
  rows: RowSource<Row>,
  lines: Lines<Row>,
  { top, count }: { readonly top: number; readonly count: number },
  { ui }: ViewInput,
): readonly number[] {
  if (socket === undefined) return [];
  const [{ by }, filter] = [sortOf(ui), listOf(ui).filter.toLowerCase()];
  const decide = socket.words.some((word) => by.startsWith(word) || filter.includes(word));
  const wanted = decide
    ? Array.from({ length: Math.min(rows.length, MOST_WANTED) }, (_, at) => rows.row(at))
    : Array.from({ length: count }, (_, i) => lines.at(top + i)).flatMap((entry) =>
        entry === undefined || entry.members !== undefined ? [] : [entry.row],
      );
  return wanted.flatMap((row) => socket.pair(row) ?? []);
}

interface Listed<Row> {
  readonly lines: Lines<Row>;
  /** The keys before the selected line was held on its place. */
  readonly ranked: readonly string[];
  readonly matched: Matched | undefined;
}

function listLines<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: RowSource<Row>,
  input: ViewInput,
): Listed<Row> {
  const { ranking } = input.reading;
  if (ranking === undefined) return { lines: linesOf<Row>([]), ranked: [], matched: undefined };
  const list = listOf(input.ui);
  const all = allInOrder(spec, rows, ranking, input);
  if (all !== undefined) return { ...held(pinLines(all, list, nowhere), list), matched: undefined };
  const ordered = inOrder(spec, rows, ranking);
  const matching = list.filter === '' ? ordered : matchingRows(spec, ordered, list.filter);
  const find = (key: string) => matching.find((row) => spec.key(row) === key);
  const { lines, ranked } = held(pinLines(arrange(spec, matching, ranking, input), list, find), list);
  return {
    ranked,
    lines:
      list.group === 'tree' && spec.tree !== undefined
        ? linesOf(withStrokes(allLines(lines), input.mode), lines.pinned)
        : lines,
    matched:
      list.filter === ''
        ? undefined
        : {
            ...sumOf(spec.traffic === undefined ? [] : matching.map(spec.traffic)),
            count: matching.length,
            all: rows.length,
          },
  };
}

/** Where every row has a line. */
const nowhere = () => undefined;

function held<Row>(lines: Lines<Row>, { cursor }: ListState): Pick<Listed<Row>, 'lines' | 'ranked'> {
  return { lines: holdLine(lines, cursor), ranked: lines.keys };
}

/** Every row a line, of which only those in sight are made; undefined where lines are left out, grouped or folded. */
function allInOrder<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: RowSource<Row>,
  { keys, order }: Ranking,
  { ui }: ViewInput,
): Lines<Row> | undefined {
  const { filter, group } = listOf(ui);
  const isPlain =
    filter === '' && spec.fold === undefined && group !== 'tree' && groupingOf(spec.groups, ui) === undefined;
  if (!isPlain || order === undefined) return undefined;
  return {
    keys,
    nested: false,
    pinned: 0,
    at(index) {
      const at = order[index];
      return at === undefined ? undefined : { key: keys[index] ?? '', row: rows.row(at) };
    },
  };
}

/** The rows of a ranking: a frame for every key must not look for each of them again. */
const orderedRows = new WeakMap<Ranking, readonly unknown[]>();

function inOrder<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  source: RowSource<Row>,
  ranking: Ranking,
): readonly Row[] {
  const known = orderedRows.get(ranking);
  // A ranking belongs to the rows of one list of one sample.
  if (known !== undefined) return known as readonly Row[];
  const rows = rowsOf(source);
  const ordered = ranking.order === undefined ? byKeys(spec, rows, ranking) : inPlaces(rows, ranking.order);
  orderedRows.set(ranking, ordered);
  return ordered;
}

function inPlaces<Row>(rows: readonly Row[], order: readonly number[]): readonly Row[] {
  const ordered: Row[] = [];
  for (const at of order) {
    const row = rows[at];
    if (row !== undefined) ordered.push(row);
  }
  return ordered;
}

function byKeys<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: readonly Row[],
  ranking: Ranking,
): readonly Row[] {
  const byKey = new Map(rows.map((row) => [spec.key(row), row]));
  return ranking.keys.map((key) => byKey.get(key)).filter((row) => row !== undefined);
}

/** What the last filter left of some rows. */
const matches = new WeakMap<readonly unknown[], { readonly text: string; readonly rows: readonly unknown[] }>();

function matchingRows<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: readonly Row[],
  text: string,
): readonly Row[] {
  const known = matches.get(rows);
  if (known?.text === text) return known.rows as readonly Row[];
  const filter = compileFilter(text, spec.vocabulary);
  const matching = filter.ok ? rows.filter(filter.matches) : rows;
  matches.set(rows, { text, rows: matching });
  return matching;
}

function arrange<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  rows: readonly Row[],
  ranking: Ranking,
  input: ViewInput,
): Lines<Row> {
  const { group, open } = listOf(input.ui);
  if (group === 'tree' && spec.tree !== undefined) {
    const above = listOf(input.ui).filter === '' ? (spec.tree.above?.(rows, input.reading.model) ?? []) : [];
    return linesOf(treeEntries(spec, spec.tree, [...rows, ...above], ranking));
  }
  const grouping = groupingOf(spec.groups, input.ui);
  if (grouping !== undefined) {
    const parts = grouping.split === undefined ? { rows, ranking } : partsOf(spec, grouping.split, rows, input);
    const { reversed } = sortOf(input.ui);
    return linesOf(groupEntries(spec, grouping, parts.rows, parts.ranking, open, reversed, input.mode));
  }
  // Where nothing is left out the keys are there already.
  const lines = plainLines(spec, rows, rows.length === ranking.keys.length ? ranking.keys : undefined);
  return spec.fold === undefined ? lines : linesOf(spec.fold(allLines(lines), input));
}

interface Parts<Row> {
  readonly order: Order;
  readonly rows: readonly Row[];
  readonly ranking: Ranking;
}

/** The parts of some rows, in order: a frame for every key must not make them again. */
const partsOfRows = new WeakMap<readonly unknown[], Parts<unknown>>();

function partsOf<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  split: NonNullable<Grouping<Row>['split']>,
  rows: readonly Row[],
  { reading }: ViewInput,
): Parts<Row> {
  const known = partsOfRows.get(rows);
  if (known?.order === reading.order) return known as Parts<Row>;
  const parts = sourceOf(split(rows, reading.model));
  const ranking = orderRows(spec, parts, reading.order, undefined);
  const made = { order: reading.order, rows: inOrder(spec, parts, ranking), ranking };
  partsOfRows.set(rows, made);
  return made;
}

function groupingOf<Row>(groups: readonly Grouping<Row>[], ui: UiState): Grouping<Row> | undefined {
  return groups.find(({ id }) => id === listOf(ui).group);
}

/** Rows as they stand, without the lines that open: what those are made of is there already. */
function exportRows<Row, Table extends ListTable>(
  spec: ListSpec<Row, Table>,
  entries: readonly Entry<Row>[],
): ExportTable {
  const seen = new Set<Row>();
  for (const { row, members, title } of entries) {
    // A line that several rows share and that does not open is listed as one.
    for (const each of (title === undefined ? undefined : members) ?? [row]) seen.add(each);
  }
  return {
    name: spec.name,
    fields: spec.fields,
    rows: [...seen].map((row) => spec.fields.map((field) => field.value(row))),
  };
}
