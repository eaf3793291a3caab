// Owns: what was used in the last so many seconds, in slots: for budgets that are a rate.
// Knows nothing of: budgets and the time of day.

/** Plain values, as JSON keeps them. */
export interface WindowLedger {
  /** Bytes in each slot, the newest last. */
  readonly slots: readonly number[];
  /** Number of the newest slot, counted from the start of the clock. */
  readonly slot: number;
}

const MOST_SLOTS = 60;

/** Whole seconds, and at most 60 of them make a window. */
export function slotMsOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / MOST_SLOTS)) * 1000;
}

/** @param nowMs any clock that only goes forward, the same for all calls */
export function addToWindow(
  ledger: WindowLedger | undefined,
  seconds: number,
  bytes: number,
  nowMs: number,
): WindowLedger {
  const slotMs = slotMsOf(seconds);
  // One more than fits: the oldest counts by how much of it is still within.
  const count = Math.ceil((seconds * 1000) / slotMs) + 1;
  const slot = Math.floor(nowMs / slotMs);
  const passed = ledger === undefined ? count : Math.min(count, Math.max(0, slot - ledger.slot));
  const slots = [...Array<number>(count).fill(0), ...(ledger?.slots ?? []), ...Array<number>(passed).fill(0)].slice(
    -count,
  );
  slots[count - 1] = (slots[count - 1] ?? 0) + bytes;
  return { slots, slot };
}

export function usedInWindow({ slots }: WindowLedger, seconds: number, nowMs: number): number {
  const slotMs = slotMsOf(seconds);
  const outside = (nowMs % slotMs) / slotMs;
  const sum = slots.reduce((all, bytes, at) => all + (at === 0 ? bytes * (1 - outside) : bytes), 0);
  return Math.max(0, Math.round(sum));
}

/** The same on another clock that starts anew, `passedMs` later. */
export function moveWindow(ledger: WindowLedger, seconds: number, passedMs: number, nowMs: number): WindowLedger {
  const slotMs = slotMsOf(seconds);
  return { ...ledger, slot: Math.floor(nowMs / slotMs) - Math.ceil(Math.max(0, passedMs) / slotMs) };
}
