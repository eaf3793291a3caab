// Owns: what a screen hands over: its titles, its rows one by one, what stays at the bottom, and where it stands.
// Knows nothing of: the lines around them (page.ts) and what they say.
import type { Row } from './styled-text.ts';

export interface PageBody {
  /** What the place shows beyond its name. */
  readonly subject: string;
  /** Column titles. */
  readonly titles: readonly Row[];
  readonly keys: readonly string[];
  /** The row at an index of `keys`; only called for rows in sight. */
  readonly rowAt: (index: number) => Row;
  /** Rows that stay at the bottom. */
  readonly pinned: readonly Row[];
  /** First row in sight as far as it is up to the place; it is moved to show `shown` and to leave no line empty. */
  readonly top: number;
  readonly shown: number | undefined;
  /** Said in place of rows where there are none. */
  readonly empty: string;
}

/** A page of lines without a selection. */
export function textBody(lines: readonly Row[], top: number, empty: string, subject = ''): PageBody {
  return {
    subject,
    titles: [],
    keys: lines.map((_, i) => String(i)),
    rowAt: (index) => lines[index] ?? { spans: [] },
    pinned: [],
    top,
    shown: undefined,
    empty,
  };
}
