// Owns: lines below rows of a list that belong to the row: keys and clicks mean the row.
// Knows nothing of: what the lines say.
import type { PageBody } from './page-body.ts';
import type { Row } from './styled-text.ts';

/** @param lines by the key of the row that each stands below */
export function withLinesBelow(body: PageBody, lines: ReadonlyMap<string, () => Row>): PageBody {
  if (lines.size === 0) return body;
  const below = new Map<number, () => Row>();
  body.keys.forEach((key, index) => {
    const line = lines.get(key);
    if (line !== undefined) below.set(index, line);
  });
  return { ...body, below };
}
