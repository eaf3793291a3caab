// Owns: interfaces that are gone: of a host whose containers come and go there are thousands, the newest are told apart.
// Knows nothing of: who reads them.
import { addLedger, coverageOf, type LedgerCut } from './ledger.ts';
import type { InterfaceRow } from './model.ts';
import { addTotals } from './rates.ts';

/** As rows of their own. */
export const MOST_GONE = 16;
export const GONE_EARLIER = '(gone earlier)';
/** Above all that an engine gives. */
const GONE_SLOT = 2 ** 16;

/** The same rows, of those that are gone the newest alone, and one with the sums of all others. */
export function foldGone(rows: readonly InterfaceRow[]): readonly InterfaceRow[] {
  const gone = rows.filter(({ state, name }) => state === 'gone' && name !== GONE_EARLIER);
  // Slots are given in turn.
  const older = gone.toSorted((a, b) => b.slot - a.slot).slice(MOST_GONE);
  const [first, ...rest] = [...older, ...rows.filter(({ name }) => name === GONE_EARLIER)];
  if (first === undefined || older.length === 0) return rows;
  const old = new Set([first, ...rest]);
  const sum = rest.reduce(addInterface, {
    ...first,
    slot: GONE_SLOT,
    index: 0,
    name: GONE_EARLIER,
    linkType: '',
    capture: 'none',
    addresses: [],
    errors: undefined,
    outcomes: [],
    sentRate: 0,
    receivedRate: 0,
  });
  return [...rows.filter((row) => !old.has(row)), sum];
}

function addInterface(sum: InterfaceRow, row: InterfaceRow): InterfaceRow {
  return {
    ...sum,
    ...addTotals(sum, row),
    frames: sum.frames + row.frames,
    tapped: addTotals(sum.tapped, row.tapped),
    counters: addTotals(sum.counters, row.counters),
    kernelDrops: sum.kernelDrops + row.kernelDrops,
    interfaceDrops: sum.interfaceDrops + row.interfaceDrops,
    recovered: addTotals(sum.recovered, row.recovered),
    ledger: { ...addLedger(sum.ledger, row.ledger), cut: addCuts(sum.ledger.cut, row.ledger.cut) },
  };
}

function addCuts(a: LedgerCut | undefined, b: LedgerCut | undefined): LedgerCut | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const both = (key: 'counter' | 'counted' | 'dropped' | 'residual') => ({
    sentBytes: a[key].sentBytes + b[key].sentBytes,
    receivedBytes: a[key].receivedBytes + b[key].receivedBytes,
  });
  const [counter, counted, dropped, residual] = [both('counter'), both('counted'), both('dropped'), both('residual')];
  const cut = { ageMs: Math.max(a.ageMs, b.ageMs), counter, counted, dropped, residual, covered: undefined };
  return { ...cut, covered: coverageOf([cut]) };
}
