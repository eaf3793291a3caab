// Owns: snapshots with less in them: without live flows, or with no more of them than rates are made of.
// Knows nothing of: who wants which.
import { SCHEMA, type TableName } from './schema.ts';
import { type SnapshotView, viewSnapshot } from './snapshot-view.ts';

const TOTAL_AT = 12;
const DIRECTORY_AT = 16;

/** As if it had been asked for without them. Tables lie one after the other, the strings last. */
export function withoutFlows({ buffer }: SnapshotView): SnapshotView {
  const names = Object.keys(SCHEMA) as TableName[];
  const place = names.indexOf('flows');
  const entry = (at: number) => DIRECTORY_AT + at * 8;
  const old = new DataView(buffer);
  const [from, to] = [old.getUint32(entry(place) + 4, true), old.getUint32(entry(place + 1) + 4, true)];
  const made = new Uint8Array(buffer.byteLength - (to - from));
  made.set(new Uint8Array(buffer, 0, from));
  made.set(new Uint8Array(buffer, to), from);
  const view = new DataView(made.buffer);
  view.setUint32(TOTAL_AT, made.length, true);
  view.setUint32(entry(place), 0, true);
  for (let at = place + 1; at <= names.length; at++) {
    view.setUint32(entry(at) + 4, old.getUint32(entry(at) + 4, true) - (to - from), true);
  }
  return viewSnapshot(made.buffer);
}

/** What later rates are made of, in memory of its own: of flows which they are and the bytes of each; no other column. */
export function forRates(snapshot: SnapshotView): SnapshotView {
  const { rows, id, generation, mirrored, sentBytes, receivedBytes } = snapshot.flows;
  const rest = withoutFlows(snapshot);
  const kept = { id, generation, mirrored, sentBytes, receivedBytes };
  const copies = Object.entries(kept).map(([column, values]) => [column, values.slice()] as const);
  return { ...rest, flows: { ...rest.flows, rows, ...Object.fromEntries(copies) } };
}
