// Owns: the numbers of owners: found or given when they are first written, and kept at hand.
// Knows nothing of: what the owners moved.
import type { Db } from './history-db.ts';
import { type HistoryOwner, ownerKey } from './history-row.ts';

export interface OwnerBook {
  /** Inside a transaction. */
  idOf(owner: HistoryOwner): number;
  owners(ids: readonly number[]): ReadonlyMap<number, HistoryOwner>;
  /** After a transaction was rolled back or owners were deleted: what is at hand may not be in the file. */
  forget(): void;
}

/** More than are written in an hour, so that a look-up is rare. */
const MOST_AT_HAND = 20_000;

const COLUMNS = 'kind, program, reason, user, unit, container, remote, interface, repeated';
type Columns = [string, string, string, string, string, string, string, string, number];

export function createOwnerBook(db: Db): OwnerBook {
  const ids = new Map<string, number>();
  const where = COLUMNS.split(', ').map((name) => `${name} = ?`);
  const find = db.prepare(`SELECT id FROM owner WHERE ${where.join(' AND ')}`).raw();
  const insert = db.prepare(`INSERT INTO owner(${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`).raw();
  return {
    idOf(owner) {
      const key = ownerKey(owner);
      const known = ids.get(key);
      if (known !== undefined) return known;
      const { kind, program, reason, user, unit, container, remote, interface: device, repeated } = owner;
      const values = [kind, program, reason, user, unit, container, remote, device, repeated ? 1 : 0];
      const id = (find.all(...values) as number[][])[0]?.[0] ?? (insert.all(...values) as number[][])[0]?.[0] ?? 0;
      if (ids.size >= MOST_AT_HAND) ids.clear();
      ids.set(key, id);
      return id;
    },
    owners(wanted) {
      const rows = db
        .prepare(`SELECT id, ${COLUMNS} FROM owner WHERE id IN (SELECT value FROM json_each(?))`)
        .raw()
        .all(JSON.stringify(wanted)) as [number, ...Columns][];
      return new Map(rows.map(([id, ...columns]) => [id, ownerOf(columns)]));
    },
    forget: () => ids.clear(),
  };
}

function ownerOf([kind, program, reason, user, unit, container, remote, device, repeated]: Columns): HistoryOwner {
  return { kind, program, reason, user, unit, container, remote, interface: device, repeated: repeated !== 0 };
}
