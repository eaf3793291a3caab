// Owns: which programs have series of their own, and counters of all others together, none of which ever goes back.
// Knows nothing of: other metrics and the clock.
import { sanitize } from '../base/sanitize.ts';
import type { InterfaceShare, OwnerRow } from '../model/model.ts';
import { createCounters } from './metric-counters.ts';
import { isReadByAll, isTold, type Life, NOBODY_READS, type Round } from './metric-readers.ts';
import type { Sample } from './metric-table.ts';

export interface ProgramLimits {
  /** Programs with series of their own. */
  readonly programs: number;
  /** Pairs of a program and an interface; each has four series. */
  readonly cells: number;
  /** A program that moves nothing for this long loses its series. */
  readonly idleMs: number;
}

export const PROGRAM_LIMITS: ProgramLimits = { programs: 100, cells: 380, idleMs: 300_000 };

/** How what is not exported is named. */
export const OTHER = 'other';
const OTHERS = [OTHER, '', '', ''];
const LONGEST_LABEL = 120;
/** Busy newcomers take the place of the quietest program only if they move this much more than it. */
const BUSIER = 2;

/** sent bytes, received bytes, sent packets, received packets */
type Figures = [number, number, number, number];

/** Four series. */
interface Cell extends Life {
  /** Values of the labels of what was sent and received; made once, since each refresh writes 1,500 of them. */
  readonly sent: readonly string[];
  readonly received: readonly string[];
  readonly sums: Figures;
  /** What they count began here, ms since 1970. */
  readonly startMs: number;
  shown: boolean;
  changed: number;
}

interface Program {
  /** program, user, unit, container */
  readonly labels: readonly string[];
  readonly cells: Map<string, Cell>;
  /** Bytes of late, an average that forgets within `idleMs`. */
  recent: number;
  lastMs: number;
  exported: boolean;
  /** Its place is for another: what it moves is counted in `other`, and its series go when all have read their end. */
  leaving: boolean;
}

export interface ProgramMetrics {
  /** @param interfaceLabel under which name an interface is shown */
  add(owners: readonly OwnerRow[], nowMs: number, interfaceLabel: (name: string) => string, round?: Round): void;
  /** @param since what a reader has read before: what is new to it is 0; undefined: what all are told */
  samples(since?: number): readonly Sample[];
}

/**
 * Each gain since the refresh before is added to the program's own counter, or to that of `other` if it has none at
 * that moment; so neither ever falls, whoever comes and goes, and every byte is in exactly one of them. While there is
 * room a program is exported from its first byte; later one must be twice as busy as the quietest to take its place, and
 * begins at 0. A program that was retired and comes back begins at 0 too, which readers take for the restart that it is.
 *
 * Readers know of a series only what it gains from its first reading on. So a new one is told to be 0 until all who read
 * have read it, and what it counted meanwhile is told then. In the same way no series goes before all have read its end.
 */
export function createProgramMetrics(limits: ProgramLimits = PROGRAM_LIMITS): ProgramMetrics {
  const counters = createCounters();
  const programs = new Map<string, Program>();
  const others = new Map<string, Cell>();
  const unseen = new Set<Cell>();
  /** What of ended processes was counted before they were folded into one row, by interface and figure. */
  const folded = new Map<string, number>();
  let cells = 0;
  let lastMs: number | undefined;
  let round = NOBODY_READS;

  const newCell = (labels: readonly string[], name: string): Cell => {
    const { refresh, readByAll, sinceMs } = round;
    const shown = refresh <= readByAll;
    const of = (direction: string) => [...labels, name, direction];
    const cell: Cell = {
      sent: of('sent'),
      received: of('received'),
      sums: [0, 0, 0, 0],
      born: refresh,
      startMs: sinceMs,
      shown,
      changed: refresh,
    };
    if (!shown) unseen.add(cell);
    return cell;
  };
  const showSeen = (): void => {
    for (const cell of unseen) {
      if (cell.born > round.readByAll) continue;
      cell.shown = true;
      cell.changed = round.refresh;
      unseen.delete(cell);
    }
  };
  const addTo = (cell: Cell, gained: Figures): void => {
    for (let i = 0; i < 4; i++) cell.sums[i as 0] += gained[i as 0];
    cell.changed = round.refresh;
  };
  const isRead = ({ cells: own }: Program): boolean => [...own.values()].every((cell) => isReadByAll(cell, round));
  const otherCell = (label: string): Cell => {
    let cell = others.get(label);
    if (cell === undefined) {
      cell = newCell(OTHERS, label);
      others.set(label, cell);
    }
    return cell;
  };
  const cellOf = (program: Program | undefined, label: string): Cell => {
    if (program === undefined || !program.exported || program.leaving) return otherCell(label);
    const known = program.cells.get(label);
    if (known !== undefined) return known;
    if (cells >= limits.cells) return otherCell(label);
    const cell = newCell(program.labels, label);
    program.cells.set(label, cell);
    cells++;
    return cell;
  };
  const retire = (program: Program): void => {
    cells -= program.cells.size;
    program.cells.clear();
    program.exported = false;
    program.leaving = false;
  };
  const exported = () => [...programs.values()].filter((program) => program.exported);
  const find = (row: OwnerRow, nowMs: number): Program => {
    const labels = [row.name, row.user, row.unit?.unit ?? '', row.unit?.container ?? ''].map(label);
    // The program "other" of some user must not be taken for all others.
    if (labels[0] === OTHER && labels[1] === '') labels[1] = '-';
    const key = JSON.stringify(labels);
    let program = programs.get(key);
    if (program === undefined) {
      program = { labels, cells: new Map(), recent: 0, lastMs: nowMs, exported: false, leaving: false };
      programs.set(key, program);
    }
    return program;
  };

  return {
    add(owners, nowMs, interfaceLabel, at = NOBODY_READS) {
      round = at;
      showSeen();
      const forget = lastMs === undefined ? 1 : Math.exp(-Math.max(0, nowMs - lastMs) / limits.idleMs);
      lastMs = nowMs;
      counters.begin();
      const gains = new Map<Program, { share: string; gained: Figures }[]>();
      let fold: OwnerRow | undefined;
      for (const row of owners) {
        if (row.kind !== 'process') continue;
        if (row.pid === undefined) {
          fold = row;
          continue;
        }
        const gained = gainsOf(row, counters.read);
        if (gained.length === 0) continue;
        const program = find(row, nowMs);
        const list = gains.get(program);
        if (list === undefined) gains.set(program, gained);
        else list.push(...gained);
      }
      counters.end((source, highest) => {
        const place = source.slice(source.indexOf('/') + 1);
        if (!source.startsWith('folded/')) folded.set(place, (folded.get(place) ?? 0) + highest);
      });
      for (const program of programs.values()) program.recent *= forget;
      for (const [program, list] of gains) {
        program.lastMs = nowMs;
        for (const { gained } of list) program.recent += gained[0] + gained[1];
      }
      // Series that went and came within one refresh would seem to fall.
      const gone = new Set<Program>();
      for (const [key, program] of programs) {
        if (program.leaving && isRead(program)) {
          retire(program);
          gone.add(program);
        }
        if (nowMs - program.lastMs < limits.idleMs || !isRead(program)) continue;
        retire(program);
        programs.delete(key);
      }
      let count = exported().length;
      let leaving = exported().filter((each) => each.leaving).length;
      const newcomers = [...gains.keys()]
        .filter((each) => !each.exported && !gone.has(each))
        .sort((a, b) => b.recent - a.recent);
      for (const program of newcomers) {
        if (count >= limits.programs || cells + gainedInterfaces(gains.get(program)) > limits.cells) break;
        program.exported = true;
        count++;
        // Makes its cells, so that the next one sees what is left.
        for (const { share } of gains.get(program) ?? []) cellOf(program, interfaceLabel(share));
      }
      for (const program of newcomers.filter((each) => !each.exported)) {
        // A place is about to be free for it.
        if (leaving-- > 0) continue;
        const quietest = exported().reduce<Program | undefined>(
          (least, each) => (each.leaving || (least !== undefined && least.recent <= each.recent) ? least : each),
          undefined,
        );
        if (quietest === undefined || program.recent <= BUSIER * quietest.recent) break;
        quietest.leaving = true;
        if (!isRead(quietest)) continue;
        // Before the gains are added: nothing that nobody could read is taken away with its series.
        retire(quietest);
        program.exported = true;
      }
      for (const [program, list] of gains) {
        for (const { share, gained } of list) addTo(cellOf(program, interfaceLabel(share)), gained);
      }
      if (fold !== undefined) addFolded(fold, folded, (name, gained) => addTo(otherCell(interfaceLabel(name)), gained));
    },
    samples(since) {
      const all: Sample[] = [];
      for (const program of programs.values()) for (const cell of program.cells.values()) pushCell(all, cell, since);
      for (const cell of others.values()) pushCell(all, cell, since);
      const out = [...programs.values()].filter((each) => !each.exported || each.leaving).length;
      all.push({ metric: 'nettrace_program_series_left_out', labels: [], value: out });
      return all;
    },
  };
}

function label(text: string): string {
  return text.length <= LONGEST_LABEL ? text : sanitize(text, LONGEST_LABEL);
}

function figures(share: InterfaceShare): Figures {
  return [share.sentBytes, share.receivedBytes, share.sentPackets, share.receivedPackets];
}

/** Shares whose packets are in another share are no part of an owner's totals. */
function gainsOf(row: OwnerRow, read: (source: string, reading: number) => number) {
  const all: { share: string; gained: Figures }[] = [];
  for (const share of row.interfaces) {
    if (share.repeated) continue;
    const view = share.mirrored ? 'm' : 'o';
    const gained = figures(share).map((reading, i) => read(`${row.id}/${i}${view}${share.name}`, reading)) as Figures;
    if (gained.some((value) => value > 0)) all.push({ share: share.name, gained });
  }
  return all;
}

function gainedInterfaces(gains: readonly { readonly share: string }[] | undefined): number {
  return new Set(gains?.map(({ share }) => share)).size;
}

/** The row of ended processes holds all they ever moved: what was not counted while they had rows of their own is new. */
function addFolded(row: OwnerRow, counted: Map<string, number>, add: (name: string, gained: Figures) => void): void {
  for (const share of row.interfaces) {
    if (share.repeated) continue;
    const view = share.mirrored ? 'm' : 'o';
    const gained = figures(share).map((reading, i) => {
      const place = `${i}${view}${share.name}`;
      const before = counted.get(place) ?? 0;
      counted.set(place, Math.max(before, reading));
      return Math.max(0, reading - before);
    }) as Figures;
    if (gained.some((value) => value > 0)) add(share.name, gained);
  }
}

function pushCell(all: Sample[], cell: Cell, since: number | undefined): void {
  const { sent, received, sums, startMs } = cell;
  const told = isTold(cell, since);
  const value = (i: 0 | 1 | 2 | 3) => (told ? sums[i] : 0);
  all.push({ metric: 'nettrace_program_bytes_total', labels: sent, value: value(0), startMs });
  all.push({ metric: 'nettrace_program_bytes_total', labels: received, value: value(1), startMs });
  all.push({ metric: 'nettrace_program_packets_total', labels: sent, value: value(2), startMs });
  all.push({ metric: 'nettrace_program_packets_total', labels: received, value: value(3), startMs });
}
