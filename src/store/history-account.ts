// Owns: the gains between two refreshes as rows of the history: by program, user, unit, remote group and interface.
// Knows nothing of: buckets of time and the file.
import { isCarried } from '../model/carry.ts';
import type { FlowRow, Model, OwnerRow } from '../model/model.ts';
import { programName } from '../model/program-name.ts';
import {
  type Amounts,
  type HistoryOwner,
  type HistoryRow,
  type MutableAmounts,
  NO_AMOUNTS,
  ownerKey,
} from './history-row.ts';
import { remoteGroup } from './remote-group.ts';

export interface HistoryAccount {
  /** Adds what was moved since the model before; without a baseline the first one is only what to compare with. */
  add(model: Model): void;
  /** What came until now goes with the next `take` as a whole; only what comes after this is shared out. */
  mark(): void;
  /**
   * The rows since the last call; negative where bytes found another owner than they were handed out for.
   * @param share of what came after the mark, 0..1; each amount is cut to a whole number, the rest is left for the next call
   */
  take(share?: number): readonly HistoryRow[];
}

export interface AccountOptions {
  /** Whether bytes are told apart by their remote ends; then models should have their flows. */
  readonly remotes?: boolean;
  /** What had been counted before the first model, by the ids that it has there; empty: nothing. */
  readonly baseline?: readonly OwnerRow[] | undefined;
}

interface Part {
  readonly base: Omit<HistoryOwner, 'remote'>;
  readonly totals: Amounts;
  /** Of an ended process or what ended processes are folded into, which the engine may fold away. */
  readonly exited: boolean;
  readonly folded: boolean;
}

interface Cell {
  readonly owner: HistoryOwner;
  readonly amounts: MutableAmounts;
  /** The part of the amounts that was there at the mark. */
  marked: Amounts;
}

interface FlowMark {
  readonly part: string;
  readonly remote: string;
  readonly totals: Amounts;
}

const INDEXES = [0, 1, 2, 3, 4, 5, 6] as const;

/** Bytes that found their owner late leave a row and enter another: the sums stay those of the model. */
export function createHistoryAccount({ remotes = true, baseline }: AccountOptions = {}): HistoryAccount {
  let before: ReadonlyMap<string, Part> | undefined =
    baseline === undefined ? undefined : partsOf({ owners: baseline });
  let flowsBefore: ReadonlyMap<string, FlowMark> = new Map();
  let cells = new Map<string, Cell>();
  const credit = (base: Part['base'], remote: string, amounts: Amounts) => {
    if (amounts.every((amount) => amount === 0)) return;
    const owner = { ...base, remote };
    const key = ownerKey(owner);
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = { owner, amounts: [0, 0, 0, 0, 0, 0, 0], marked: NO_AMOUNTS };
      cells.set(key, cell);
    }
    for (const i of INDEXES) cell.amounts[i] += amounts[i];
  };
  return {
    add(model) {
      const parts = partsOf(model);
      const { marks, gains } = flowGains(remotes ? (model.flows ?? []) : [], parts, flowsBefore);
      if (before !== undefined) {
        const folded = goneTotals(before, parts);
        for (const [key, part] of parts) {
          const was = before.get(key)?.totals;
          const gain = subtract(part.totals, was);
          if (part.folded) credit(part.base, '', positive(subtract(gain, folded.get(foldKey(part.base)))));
          else share(part.base, gain, gains.get(key), credit);
        }
        // What had bytes and has none any more gave them to another owner.
        for (const [key, part] of before) {
          if (!parts.has(key) && !part.exited) credit(part.base, '', subtract([0, 0, 0, 0, 0, 0, 0], part.totals));
        }
      }
      before = parts;
      flowsBefore = marks;
    },
    mark() {
      for (const cell of cells.values()) cell.marked = [...cell.amounts];
    },
    take(share = 1) {
      const taken = cells;
      cells = new Map();
      if (share >= 1) return [...taken.values()];
      const rows: HistoryRow[] = [];
      for (const [key, { owner, amounts, marked }] of taken) {
        const part = INDEXES.map((i) => marked[i] + Math.trunc((amounts[i] - marked[i]) * share)) as unknown as Amounts;
        const rest = subtract(amounts, part) as MutableAmounts;
        if (part.some((amount) => amount !== 0)) rows.push({ owner, amounts: part });
        if (rest.some((amount) => amount !== 0)) cells.set(key, { owner, amounts: rest, marked: NO_AMOUNTS });
      }
      return rows;
    },
  };
}

/** One for each owner and interface; payload, which owners have as a whole, goes by the wire bytes of their interfaces. */
function partsOf({ owners }: Pick<Model, 'owners'>): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const row of owners) {
    const folded = row.kind === 'process' && row.pid === undefined;
    const base = baseOf(row);
    const exited = row.state === 'exited' && !isCarried(row.id);
    const own = row.interfaces.filter((share) => !share.repeated);
    const rest: MutableAmounts = [
      0,
      0,
      row.sentPayloadBytes,
      row.receivedPayloadBytes,
      0,
      0,
      row.retransmittedBytes ?? 0,
    ];
    own.forEach((each, at) => {
      const last = at === own.length - 1;
      const of = (i: 2 | 3 | 6, bytes: number, all: number, whole: number) => {
        const amount = last ? rest[i] : Math.min(rest[i], Math.round(all === 0 ? 0 : (whole * bytes) / all));
        rest[i] -= amount;
        return amount;
      };
      const totals: Amounts = [
        each.sentBytes,
        each.receivedBytes,
        of(2, each.sentBytes, row.sentBytes, row.sentPayloadBytes),
        of(3, each.receivedBytes, row.receivedBytes, row.receivedPayloadBytes),
        each.sentPackets,
        each.receivedPackets,
        of(6, each.sentBytes, row.sentBytes, row.retransmittedBytes ?? 0),
      ];
      addPart(parts, row.id, {
        base: { ...base, interface: each.name, repeated: false },
        totals,
        exited,
        folded,
      });
    });
    for (const each of row.interfaces) {
      if (!each.repeated) continue;
      const totals: Amounts = [each.sentBytes, each.receivedBytes, 0, 0, each.sentPackets, each.receivedPackets, 0];
      addPart(parts, row.id, {
        base: { ...base, interface: each.name, repeated: true },
        totals,
        exited,
        folded,
      });
    }
  }
  return parts;
}

function addPart(parts: Map<string, Part>, id: number, part: Part): void {
  const key = partKey(id, part.base.interface, part.base.repeated);
  const known = parts.get(key);
  // An interface may be seen from both sides: one part of both.
  parts.set(key, known === undefined ? part : { ...part, totals: sum(known.totals, part.totals) });
}

function partKey(id: number, device: string, repeated: boolean): string {
  return `${id}/${device}/${repeated}`;
}

function baseOf(row: OwnerRow): Omit<HistoryOwner, 'remote' | 'interface' | 'repeated'> {
  return {
    kind: row.kind,
    program: row.kind === 'process' ? bareProgram(row) : row.name,
    reason: row.reason ?? '',
    user: row.user,
    unit: row.unit?.unit ?? '',
    container: row.unit?.container ?? '',
  };
}

/** Also where command lines are left out, so that a title cannot be told from a path: `/usr/sbin/sshd: /x` is `sshd`. */
function bareProgram(row: OwnerRow): string {
  const word = programName(row, { commandLine: false, basename: true }).split(/[\s:]/, 1)[0] ?? '';
  const bare = word.startsWith('/') ? word.slice(word.lastIndexOf('/') + 1) : word;
  return bare || row.name;
}

/** What live flows gained since before, by part and remote group; all of a flow where its owner is another now. */
function flowGains(flows: readonly FlowRow[], parts: ReadonlyMap<string, Part>, before: ReadonlyMap<string, FlowMark>) {
  const marks = new Map<string, FlowMark>();
  const gains = new Map<string, Map<string, Amounts>>();
  const add = (part: string, remote: string, amounts: Amounts) => {
    if (!parts.has(part)) return;
    const remotes = gains.get(part) ?? new Map<string, Amounts>();
    remotes.set(remote, sum(remotes.get(remote) ?? [0, 0, 0, 0, 0, 0, 0], amounts));
    gains.set(part, remotes);
  };
  for (const flow of flows) {
    const part = partKey(flow.ownerId, flow.interfaceName, flow.repeated);
    const was = before.get(flow.key);
    const remote = was?.remote ?? remoteGroup(flow.remoteAddress, flow.remoteName);
    const totals: Amounts = [
      flow.sentBytes,
      flow.receivedBytes,
      flow.sentPayloadBytes,
      flow.receivedPayloadBytes,
      flow.sentPackets,
      flow.receivedPackets,
      flow.retransmittedBytes ?? 0,
    ];
    marks.set(flow.key, { part, remote, totals });
    if (was === undefined || was.part === part) add(part, remote, subtract(totals, was?.totals));
    else {
      add(part, remote, totals);
      add(was.part, remote, subtract([0, 0, 0, 0, 0, 0, 0], was.totals));
    }
  }
  return { marks, gains };
}

/** A part's gain over the remotes of its flows; what flows do not tell of has no remote. */
function share(
  base: Part['base'],
  gain: Amounts,
  remotes: ReadonlyMap<string, Amounts> | undefined,
  credit: (base: Part['base'], remote: string, amounts: Amounts) => void,
): void {
  const rest: MutableAmounts = [...gain] as MutableAmounts;
  const list = [...(remotes ?? [])];
  const sums = INDEXES.map((i) => list.reduce((all, [, amounts]) => all + same(amounts[i], gain[i]), 0));
  for (const [remote, amounts] of list) {
    const part = INDEXES.map((i) => {
      const wanted = same(amounts[i], gain[i]);
      const all = sums[i] ?? 0;
      const fits = Math.abs(all) <= Math.abs(gain[i]) ? wanted : Math.trunc((wanted * gain[i]) / all);
      rest[i] -= fits;
      return fits;
    });
    credit(base, remote, part as unknown as Amounts);
  }
  credit(base, '', rest);
}

/** The amount where it has the sign of the gain. */
function same(amount: number, gain: number): number {
  return amount > 0 === gain > 0 ? amount : 0;
}

/** What ended processes had that are no rows any more, by interface: the row they were folded into gains it. */
function goneTotals(before: ReadonlyMap<string, Part>, now: ReadonlyMap<string, Part>): Map<string, Amounts> {
  const gone = new Map<string, Amounts>();
  for (const [key, part] of before) {
    if (now.has(key) || !part.exited) continue;
    const at = foldKey(part.base);
    gone.set(at, sum(gone.get(at) ?? [0, 0, 0, 0, 0, 0, 0], part.totals));
  }
  return gone;
}

function foldKey(base: Part['base']): string {
  return `${base.interface}/${base.repeated}`;
}

function sum(a: Amounts, b: Amounts): Amounts {
  return INDEXES.map((i) => a[i] + b[i]) as unknown as Amounts;
}

function subtract(a: Amounts, b: Amounts | undefined): Amounts {
  return b === undefined ? a : (INDEXES.map((i) => a[i] - b[i]) as unknown as Amounts);
}

function positive(a: Amounts): Amounts {
  return INDEXES.map((i) => Math.max(0, a[i])) as unknown as Amounts;
}
