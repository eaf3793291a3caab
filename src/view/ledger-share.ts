// Owns: the share of an interface's own counters that its ledger has, as people read it.
// Knows nothing of: where it is shown.
import type { StyleToken } from './styled-text.ts';

/** `100.00 %` */
export const LEDGER_SHARE_WIDTH = 8;
/** Below this the books are not closed. */
const GOOD = 0.999;

/** Rounded down: `100.00 %` is never less than all of it, but for the noise of binary fractions. */
export function ledgerText(covered: number): string {
  return `${(Math.floor(covered * 1e4 + 1e-9) / 100).toFixed(2)} %`;
}

/** Without a capture what has no socket is not counted: then a ledger that stays open is no fault. */
export function ledgerStyle(covered: number, light: boolean): StyleToken {
  return covered >= GOOD || light ? 'value' : 'warn';
}
