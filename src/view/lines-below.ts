// Owns: lines below rows of a list that belong to the row: selected they stand for it.
// Knows nothing of: what the lines say.
import type { PageBody } from './page-body.ts';
import { type Row, restyled } from './styled-text.ts';
import { listOf } from './ui-state.ts';
import type { ViewInput } from './view-input.ts';

/** Keys of these lines begin with this, so that no row's key is one of theirs. */
export const BELOW_PREFIX = '!';

/** @param lines by the key of the row that each stands below */
export function withLinesBelow(body: PageBody, lines: ReadonlyMap<string, () => Row>, input: ViewInput): PageBody {
  if (lines.size === 0) return body;
  const places = body.keys.flatMap((key, index): readonly { readonly key: string; readonly index: number }[] => {
    const row = { key, index };
    return lines.has(key) ? [row, { key: BELOW_PREFIX + key, index }] : [row];
  });
  const selected = listOf(input.ui).cursor?.key;
  const shownAt = places.findIndex(({ key }) => key === selected);
  const moved = (index: number) => places.findIndex((place) => place.index === index);
  const { rows } = body;
  return {
    ...body,
    keys: places.map(({ key }) => key),
    rowAt(at) {
      const place = places[at];
      if (place === undefined) return { spans: [] };
      const line = place.key.startsWith(BELOW_PREFIX) ? lines.get(rowKey(place.key)) : undefined;
      if (line === undefined) return body.rowAt(place.index);
      return place.key === selected ? restyled(line(), 'selected') : line();
    },
    shown: shownAt >= 0 ? shownAt : body.shown === undefined ? undefined : moved(body.shown),
    ...(rows === undefined
      ? {}
      : {
          rows: {
            opens: (key) => rows.opens(rowKey(key)),
            copies: (key) => rows.copies(rowKey(key)),
            target: (key) => rows.target(key === undefined ? key : rowKey(key)),
            exports: rows.exports,
          },
        }),
  };
}

/** The key of the row that a line stands below; of a row its own. */
export function rowKey(key: string): string {
  return key.startsWith(BELOW_PREFIX) ? key.slice(BELOW_PREFIX.length) : key;
}
