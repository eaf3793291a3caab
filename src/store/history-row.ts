// Owns: a row of the history: whose bytes (an owner in the sense of docs/history.md) and how many; rows folded together.
// Knows nothing of: where rows come from and where they are kept.

/** Everything that tells two rows of one time apart; empty text: it has none. Sanitised. */
export interface HistoryOwner {
  /** `process`, or the kind of bytes that have no process. */
  readonly kind: string;
  /** Name of the program without folders and arguments; for rows without a process the name of the kind. */
  readonly program: string;
  /** Label of the reason for rows without a process. */
  readonly reason: string;
  readonly user: string;
  readonly unit: string;
  readonly container: string;
  /** A host name's domain, a host of the local network, or a network (`remoteGroup`); `other`: many small ones. */
  readonly remote: string;
  readonly interface: string;
  /** The same packets are in another row too, of another interface: they count only where one asks by interface. */
  readonly repeated: boolean;
}

/** In the order of AMOUNTS: wire bytes, payload bytes, packets, and TCP payload that was sent again. */
export type Amounts = readonly [number, number, number, number, number, number, number];
export type MutableAmounts = [number, number, number, number, number, number, number];

/** Columns of the amounts, in every tier's table. */
export const AMOUNTS = [
  'sent',
  'received',
  'sent_payload',
  'received_payload',
  'sent_packets',
  'received_packets',
  'retransmitted',
] as const;

export interface HistoryRow {
  readonly owner: HistoryOwner;
  readonly amounts: Amounts;
}

export const OTHER = 'other';
export const NO_AMOUNTS: Amounts = [0, 0, 0, 0, 0, 0, 0];

export function ownerKey(owner: HistoryOwner): string {
  const { kind, program, reason, user, unit, container, remote, interface: device, repeated } = owner;
  // Sanitised text holds no control character: the keys of two owners differ.
  return [kind, program, reason, user, unit, container, remote, device, repeated ? '1' : ''].join('\n');
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const at = (i: 0 | 1 | 2 | 3 | 4 | 5 | 6) => a[i] + b[i];
  return [at(0), at(1), at(2), at(3), at(4), at(5), at(6)];
}

/** Rows of one owner become one. */
export function mergeRows(rows: readonly HistoryRow[]): HistoryRow[] {
  const merged = new Map<string, HistoryRow>();
  for (const row of rows) {
    const key = ownerKey(row.owner);
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : { owner: row.owner, amounts: addAmounts(known.amounts, row.amounts) });
  }
  return [...merged.values()];
}

/**
 * At most `most` rows and as many again in which remotes are not told apart; the smallest of those become one row an
 * interface. The sums stay the same. So neither a scan from a million addresses nor a storm of names fills the disk.
 */
export function foldRows(rows: readonly HistoryRow[], most: number): readonly HistoryRow[] {
  if (rows.length <= most) return rows;
  const sorted = [...rows].sort((a, b) => size(b) - size(a));
  const small = mergeRows(
    sorted.slice(most).map(({ owner, amounts }) => ({
      owner: { ...owner, remote: owner.remote === '' ? '' : OTHER },
      amounts,
    })),
  );
  const kept = sorted.slice(0, most);
  if (small.length <= most) return mergeRows([...kept, ...small]);
  small.sort((a, b) => size(b) - size(a));
  const tiny = small.slice(most).map(({ owner, amounts }) => ({
    owner: {
      ...{ kind: OTHER, program: OTHER, reason: '', user: '', unit: '', container: '', remote: '' },
      interface: owner.interface,
      repeated: owner.repeated,
    },
    amounts,
  }));
  return mergeRows([...kept, ...small.slice(0, most), ...tiny]);
}

function size({ amounts }: HistoryRow): number {
  return amounts[0] + amounts[1];
}
