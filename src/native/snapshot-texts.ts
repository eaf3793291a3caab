// Owns: a snapshot with other texts: what must not leave this process is taken out of its string table.
// Knows nothing of: which texts those are.
import { SCHEMA, type TableName } from './schema.ts';
import { type SnapshotView, viewSnapshot } from './snapshot-view.ts';

const DIRECTORY_AT = 16;
const TOTAL_AT = 12;

/** The same snapshot, with each text of `indices` as `change` gives it. The string table is the end of a snapshot. */
export function withTexts(
  snapshot: SnapshotView,
  indices: Iterable<number>,
  change: (text: Uint8Array) => Uint8Array,
): SnapshotView {
  const { buffer } = snapshot;
  const entry = DIRECTORY_AT + (Object.keys(SCHEMA) as TableName[]).length * 8;
  const directory = new DataView(buffer);
  const [count, start] = [directory.getUint32(entry, true), directory.getUint32(entry + 4, true)];
  const wanted = new Set(indices);
  const texts = Array.from({ length: count }, (_, index) => {
    const text = snapshot.bytes(index);
    return wanted.has(index) ? change(text) : text;
  });
  const head = start + count * 4;
  const made = new Uint8Array(texts.reduce((total, text) => total + text.length, head));
  made.set(new Uint8Array(buffer, 0, start));
  const view = new DataView(made.buffer);
  let end = 0;
  texts.forEach((text, index) => {
    made.set(text, head + end);
    end += text.length;
    view.setUint32(start + index * 4, end, true);
  });
  view.setUint32(TOTAL_AT, made.length, true);
  return viewSnapshot(made.buffer);
}
