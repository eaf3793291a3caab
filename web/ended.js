// Owns: rows of processes that ended while the page looked on: the service lists them once more, the page keeps the last of them.
// Knows nothing of: tables.

const KEPT = 50;

/** @typedef {{sentTotal: number, receivedTotal: number}} Moved */

/** An id may be another process's after the service's collector was started again. @param {any} a @param {any} b */
export const isSame = (a, b) => a.pid === b.pid && a.startTime === b.startTime;

/** @param {any} row @param {number | undefined} endedAt ms since 1970; undefined: nobody knows */
export const asEnded = (row, endedAt) => ({
  ...row,
  ...{ state: 'exited', endedAt: row.endedAt ?? endedAt },
  ...{ sentRate: 0, receivedRate: 0, connections: 0, cpu: null, rssBytes: null },
});

export function createEnded() {
  /** @type {Map<number, any>} */ let before = new Map();
  /** The last that ended is the last. @type {Map<number, any>} */ let kept = new Map();

  return {
    /**
     * The rows of the snapshot and those that are kept; `earlier` is what others moved that have ended.
     * @param {any} snapshot @returns {{rows: any[], earlier: Moved}}
     */
    add({ time, processes, exitedEarlier = { sentTotal: 0, receivedTotal: 0 } }) {
      const now = Date.parse(time);
      const listed = processes.map((/** @type {any} */ row) =>
        row.state === 'exited' ? { ...row, endedAt: kept.get(row.id)?.endedAt ?? now - (row.exitedForMs ?? 0) } : row,
      );
      const next = new Map(listed.map((/** @type {any} */ row) => [row.id, row]));
      for (const [id, row] of before) {
        const again = next.get(id);
        if (again !== undefined && !isSame(row, again)) kept = new Map();
        else if (again === undefined && row.pid !== null) kept.set(id, asEnded(row, now));
      }
      for (const id of next.keys()) kept.delete(id);
      for (const id of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT))) kept.delete(id);
      before = next;
      let earlier = rest(exitedEarlier, kept);
      if (earlier.sentTotal < 0 || earlier.receivedTotal < 0) {
        // Rows went without having ended: the service counts anew.
        kept = new Map();
        earlier = rest(exitedEarlier, kept);
      }
      return { rows: [...listed, ...kept.values()], earlier };
    },
  };
}

/** @param {Moved} all @param {Map<number, any>} kept @returns {Moved} */
function rest({ sentTotal, receivedTotal }, kept) {
  for (const row of kept.values()) {
    sentTotal -= row.sentTotal;
    receivedTotal -= row.receivedTotal;
  }
  return { sentTotal, receivedTotal };
}
