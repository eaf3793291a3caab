// Owns: rows in order turned into the lines of a list: groups with their sums, trees, pinned rows first.
// Knows nothing of: order, filters, columns and styles.
import { holdCursor } from './cursor.ts';
import type { Entry, Grouping, ListSpec, ListTable } from './list-spec.ts';
import { holdNested, INDENT, pinEntries } from './nested-lines.ts';
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
  /** Some stand below others. */
  readonly nested: boolean;
  /** So many of the first ones are pinned, with what stands below them: nothing is held above those. */
  readonly pinned: number;
}

/** A line for each row; `keys` of all of them where they are there already. */
export function plainLines<Row>(
  spec: Grouped<Row>,
  rows: readonly Row[],
  keys: readonly string[] = rows.map(spec.key),
): Lines<Row> {
  return {
    keys,
    nested: false,
    pinned: 0,
    at(index) {
      const row = rows[index];
      return row === undefined ? undefined : { key: keys[index] ?? '', row };
    },
  };
}

export function linesOf<Row>(entries: readonly Entry<Row>[], pinned = 0): Lines<Row> {
  const nested = entries.some(({ depth = 0 }) => depth > 0);
  return { keys: entries.map(({ key }) => key), at: (index) => entries[index], nested, pinned };
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
    return [head, ...members.map((row) => ({ key: spec.key(row), row, lead: INDENT, depth: 1 }))];
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

/** Every row below the row of its parent where that is listed; whole branches are ordered by their sum. Strokes come later. */
export function treeEntries<Row>(
  spec: Grouped<Row>,
  tree: NonNullable<ListSpec<Row, ListTable>['tree']>,
  rows: readonly Row[],
  ranking: Ranking,
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
  const entries: Entry<Row>[] = [];
  const visit = (node: Node<Row>, depth: number): void => {
    entries.push({ key: spec.key(node.row), row: node.row, depth });
    for (const child of byBranch(node.children)) visit(child, depth + 1);
  };
  for (const root of byBranch(roots)) visit(root, 0);
  return entries;
}

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

/** A row by itself that has moved up says so; asked for what is in sight only. */
export function withMove<Row>(entry: Entry<Row>, ranking: Ranking | undefined): Entry<Row> {
  const isPlain = entry.members === undefined && entry.lead === undefined;
  return isPlain && ranking?.raised.has(entry.key) ? { ...entry, raised: true } : entry;
}

/**
 * Pinned lines first, in the order in which they were pinned.
 * @param find a row that no line stands for, as in a closed group
 */
export function pinLines<Row>(
  lines: Lines<Row>,
  { pinned }: ListState,
  find: (key: string) => Row | undefined,
): Lines<Row> {
  if (pinned.length === 0) return lines;
  const { entries, count } = pinEntries(allLines(lines), pinned, find);
  return linesOf(entries, count);
}

/** The selected line stays where it is, below what is pinned, while the others change rank around it. */
export function holdLine<Row>(lines: Lines<Row>, cursor: Cursor | undefined): Lines<Row> {
  if (cursor === undefined || lines.keys[cursor.index] === cursor.key) return lines;
  const { nested, pinned } = lines;
  const hold = nested ? holdNested : holdCursor;
  const all = allLines(lines);
  const place = { key: cursor.key, index: Math.max(0, cursor.index - pinned) };
  return linesOf([...all.slice(0, pinned), ...hold(all.slice(pinned), place)], pinned);
}
