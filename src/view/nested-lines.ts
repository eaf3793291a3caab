// Owns: lists in which lines stand below others: what belongs together stays together when a line is held or pinned.
// Knows nothing of: where the lines come from, how they are ordered, and columns.
import type { Entry } from './list-spec.ts';
import type { TextMode } from './styled-text.ts';
import type { Cursor } from './ui-state.ts';

type Line = Pick<Entry<unknown>, 'key' | 'depth'>;

/** Before a row of an open group. */
export const INDENT = '  ';

const depthOf = (line: Line | undefined): number => line?.depth ?? 0;

/** The index behind the last of the lines that stand below the one at `at`. */
function blockEnd(lines: readonly Line[], at: number): number {
  const depth = depthOf(lines[at]);
  let end = at + 1;
  while (end < lines.length && depthOf(lines[end]) > depth) end++;
  return end;
}

/** Descriptors, not a spread, which would add up the rows of a group. */
function changed<Row>(entry: Entry<Row>, changes: Partial<Pick<Entry<Row>, 'pinned' | 'depth' | 'lead'>>): Entry<Row> {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(entry),
      ...Object.getOwnPropertyDescriptors(changes),
    },
  ) as Entry<Row>;
}

/**
 * The selected line stays where it is, or as near as it can: whole groups and branches change their rank, so that each
 * line keeps the one it belongs to.
 */
export function holdNested<T extends Line>(lines: readonly T[], cursor: Cursor): readonly T[] {
  const at = lines.findIndex(({ key }) => key === cursor.key);
  if (at < 0 || at === cursor.index) return lines;
  return lineage(lines, at).reduce((held, { key }) => moveBlock(held, key, cursor), lines);
}

/** The lines that one stands below, the outermost first, and itself. */
function lineage<T extends Line>(lines: readonly T[], at: number): readonly T[] {
  const found = lines.slice(at, at + 1);
  for (let i = at - 1; i >= 0; i--) {
    const line = lines[i];
    if (line !== undefined && depthOf(line) < depthOf(found[0])) found.unshift(line);
  }
  return found;
}

/** Moves a line and what stands below it among its siblings, until the selected one of them is nearest to its place. */
function moveBlock<T extends Line>(lines: readonly T[], key: string, cursor: Cursor): readonly T[] {
  const from = lines.findIndex((line) => line.key === key);
  const end = blockEnd(lines, from);
  const wanted = cursor.index - (lines.findIndex((line) => line.key === cursor.key) - from);
  const others = [...lines.slice(0, from), ...lines.slice(end)];
  const depth = depthOf(lines[from]);
  let first = from;
  while (first > 0 && depthOf(others[first - 1]) >= depth) first--;
  let nearest = first;
  for (let place = first; place < others.length && depthOf(others[place]) === depth; ) {
    place = blockEnd(others, place);
    if (Math.abs(place - wanted) < Math.abs(nearest - wanted)) nearest = place;
  }
  return [...others.slice(0, nearest), ...lines.slice(from, end), ...others.slice(nearest)];
}

/**
 * Pinned lines first, in the order in which they were pinned, with what stands below them; and how many those are.
 * @param find a row that no line stands for, as in a closed group
 */
export function pinEntries<Row>(
  entries: readonly Entry<Row>[],
  pinned: readonly string[],
  find: (key: string) => Row | undefined,
): { readonly entries: readonly Entry<Row>[]; readonly count: number } {
  const wanted = new Set(pinned);
  const taken = new Set<Entry<Row>>();
  const first = pinned.flatMap((key): readonly Entry<Row>[] => {
    const at = entries.findIndex((entry) => entry.key === key);
    const hidden = at < 0 ? find(key) : undefined;
    if (hidden !== undefined) return [{ key, row: hidden, pinned: true }];
    const block = at < 0 ? [] : entries.slice(at, blockEnd(entries, at)).filter((entry) => !taken.has(entry));
    for (const entry of block) taken.add(entry);
    const depth = depthOf(block[0]);
    return block.map((entry) =>
      changed(entry, {
        depth: depthOf(entry) - depth,
        ...(entry.lead === INDENT && depthOf(entry) === depth ? { lead: '' } : {}),
        ...(wanted.has(entry.key) ? { pinned: true } : {}),
      }),
    );
  });
  return { entries: [...first, ...entries.filter((entry) => !taken.has(entry))], count: first.length };
}

const UNICODE_STROKES = { child: '├─', last: '└─', past: '│ ' } as const;
const ASCII_STROKES = { child: '|-', last: '`-', past: '| ' } as const;

/** The strokes of a tree before each line, from the depths of the lines in their order. */
export function withStrokes<Row>(entries: readonly Entry<Row>[], mode: TextMode): readonly Entry<Row>[] {
  const strokes = mode.unicode && mode.ambiguousWidth === 1 ? UNICODE_STROKES : ASCII_STROKES;
  /** By depth: whether a sibling comes below. */
  let goesOn: readonly boolean[] = [];
  return entries
    .toReversed()
    .map((entry) => {
      const depth = depthOf(entry);
      const past = Array.from({ length: Math.max(0, depth - 1) }, (_, i) => (goesOn[i + 1] ? strokes.past : '  '));
      const own = depth === 0 ? '' : goesOn[depth] ? strokes.child : strokes.last;
      goesOn = [...Array.from({ length: depth }, (_, i) => goesOn[i] ?? false), true];
      return changed(entry, { lead: past.join('') + own });
    })
    .toReversed();
}
