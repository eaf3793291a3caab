// Owns: rows in order turned into the lines of a list: groups with their sums, trees, pinned rows first.
// Knows nothing of: order, filters, columns and styles.
import { holdCursor } from './cursor.ts';
import type { Entry, Grouping, ListSpec, ListTable } from './list-spec.ts';
import { type Ranking, rankOf } from './ranking.ts';
import type { TextMode } from './styled-text.ts';
import type { Cursor, ListState } from './ui-state.ts';

/** Group lines have keys of their own. */
export const GROUP_PREFIX = 'group:';

type Grouped<Row> = Pick<ListSpec<Row, ListTable>, 'key' | 'merge'>;

/** The lines of a list, of which only those in sight are made. */
export interface Lines<Row> {
  readonly keys: readonly string[];
  /** The line at an index of `keys`. */
  readonly at: (index: number) => Entry<Row> | undefined;
}

/** A line for each row; `keys` of all of them where they are there already. */
export function plainLines<Row>(
  spec: Grouped<Row>,
  rows: readonly Row[],
  keys: readonly string[] = rows.map(spec.key),
): Lines<Row> {
  return {
    keys,
    at(index) {
      const row = rows[index];
      return row === undefined ? undefined : { key: keys[index] ?? '', row };
    },
  };
}

export function linesOf<Row>(entries: readonly Entry<Row>[]): Lines<Row> {
  return { keys: entries.map(({ key }) => key), at: (index) => entries[index] };
}

export function allLines<Row>({ keys, at }: Lines<Row>): readonly Entry<Row>[] {
  return keys.flatMap((_, index) => at(index) ?? []);
}

/** A line for each group, the one with the highest ranks first; an open one is followed by its rows. */
export function groupEntries<Row>(
  spec: Grouped<Row>,
  grouping: Grouping<Row>,
  rows: readonly Row[],
  ranking: Ranking,
  open: ReadonlySet<string>,
  reversed: boolean,
  mode: TextMode,
): readonly Entry<Row>[] {
  const groups = new Map<string, { readonly rows: Row[]; rank: number }>();
  for (const row of rows) {
    const title = grouping.of(row);
    const group = groups.get(title) ?? { rows: [], rank: 0 };
    group.rows.push(row);
    group.rank += rankOf(ranking, spec.key(row));
    groups.set(title, group);
  }
  const sign = reversed ? -1 : 1;
  const ordered = [...groups].sort((a, b) => (b[1].rank - a[1].rank) * sign);
  const [closedMark, openMark] = groupMarks(mode);
  return ordered.flatMap(([title, { rows: members }]): readonly Entry<Row>[] => {
    const key = GROUP_PREFIX + title;
    const isOpen = open.has(key);
    const head = lazyGroup(key, title, members, isOpen ? openMark : closedMark, spec.merge);
    if (!isOpen) return [head];
    return [head, ...members.map((row) => ({ key: spec.key(row), row, lead: '  ' }))];
  });
}

/** What stands before the name of a closed group, and of an open one. */
export function groupMarks(mode: TextMode): readonly [closed: string, open: string] {
  return mode.unicode && mode.ambiguousWidth === 1 ? ['▸ ', '▾ '] : ['+ ', '- '];
}

/** Only what is in sight is added up. */
export function lazyGroup<Row>(
  key: string,
  title: string,
  members: readonly Row[],
  lead: string,
  merge: (rows: readonly Row[], title: string) => Row,
): Entry<Row> {
  let sum: Row | undefined;
  return {
    ...{ key, title, members, lead },
    get row() {
      sum ??= merge(members, title);
      return sum;
    },
  };
}

interface Node<Row> {
  readonly row: Row;
  readonly children: Node<Row>[];
  rank: number;
}

/** Every row below the row of its parent where that is listed; whole branches are ordered by their sum. */
export function treeEntries<Row>(
  spec: Grouped<Row>,
  tree: NonNullable<ListSpec<Row, ListTable>['tree']>,
  rows: readonly Row[],
  ranking: Ranking,
  mode: TextMode,
): readonly Entry<Row>[] {
  const nodes = rows.map((row): Node<Row> => ({ row, children: [], rank: rankOf(ranking, spec.key(row)) }));
  const byName = new Map<number, Node<Row>>();
  for (const node of nodes) {
    const own = tree.own(node.row);
    if (own !== undefined && !byName.has(own)) byName.set(own, node);
  }
  const roots: Node<Row>[] = [];
  for (const node of nodes) {
    const parent = parentOf(node, tree, byName);
    if (parent === undefined) roots.push(node);
    else parent.children.push(node);
  }
  const strokes = mode.unicode && mode.ambiguousWidth === 1 ? UNICODE_STROKES : ASCII_STROKES;
  const entries: Entry<Row>[] = [];
  const visit = (node: Node<Row>, lead: string, below: string): void => {
    entries.push({ key: spec.key(node.row), row: node.row, lead });
    const children = byBranch(node.children);
    children.forEach((child, i) => {
      const isLast = i === children.length - 1;
      visit(child, below + (isLast ? strokes.last : strokes.child), below + (isLast ? '  ' : strokes.past));
    });
  };
  for (const root of byBranch(roots)) visit(root, '', '');
  return entries;
}

const UNICODE_STROKES = { child: '├─', last: '└─', past: '│ ' } as const;
const ASCII_STROKES = { child: '|-', last: '`-', past: '| ' } as const;

/** Pids that were used again could make a ring: a row is never below itself. */
function parentOf<Row>(
  node: Node<Row>,
  tree: NonNullable<ListSpec<Row, ListTable>['tree']>,
  byName: ReadonlyMap<number, Node<Row>>,
): Node<Row> | undefined {
  const above = (from: Node<Row>) => byName.get(tree.parent(from.row) ?? -1);
  const parent = above(node);
  const seen = new Set([node]);
  for (let at = parent; at !== undefined; at = above(at)) {
    if (seen.has(at)) return undefined;
    seen.add(at);
  }
  return parent;
}

function byBranch<Row>(nodes: readonly Node<Row>[]): readonly Node<Row>[] {
  const weight = (node: Node<Row>): number => node.children.reduce((sum, child) => sum + weight(child), node.rank);
  return nodes
    .map((node) => ({ node, sum: weight(node) }))
    .sort((a, b) => b.sum - a.sum)
    .map(({ node }) => node);
}

/** Descriptors, not a spread, which would add up the rows of a group. */
function pin<Row>(entry: Entry<Row>): Entry<Row> {
  return Object.defineProperties({ pinned: true }, Object.getOwnPropertyDescriptors(entry)) as unknown as Entry<Row>;
}

/** A row by itself that has moved up says so; asked for what is in sight only. */
export function withMove<Row>(entry: Entry<Row>, ranking: Ranking | undefined): Entry<Row> {
  const isPlain = entry.members === undefined && entry.lead === undefined;
  return isPlain && ranking?.raised.has(entry.key) ? { ...entry, raised: true } : entry;
}

/** Pinned lines first, in the order in which they were pinned. */
export function pinLines<Row>(lines: Lines<Row>, { pinned }: ListState): Lines<Row> {
  return pinned.length === 0 ? lines : linesOf(pinEntries(allLines(lines), pinned));
}

/** The selected line stays where it is, while the others change rank around it. */
export function holdLine<Row>(lines: Lines<Row>, cursor: Cursor | undefined): Lines<Row> {
  if (cursor === undefined || lines.keys[cursor.index] === cursor.key) return lines;
  return linesOf(holdCursor(allLines(lines), cursor));
}

function pinEntries<Row>(entries: readonly Entry<Row>[], pinned: readonly string[]): readonly Entry<Row>[] {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const first = pinned.flatMap((key) => byKey.get(key) ?? []).map(pin);
  const rest = new Set(pinned);
  return [...first, ...entries.filter((entry) => !rest.has(entry.key))];
}
