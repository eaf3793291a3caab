// Owns: which programs have series of their own, and counters of all others together, none of which ever goes back.
// Knows nothing of: other metrics and the clock.
import { sanitize } from '../base/sanitize.ts';
import type { InterfaceShare, OwnerRow } from '../model/model.ts';
import { createCounters } from './metric-counters.ts';
import type { Sample } from './metric-table.ts';

export interface ProgramLimits {
  /** Programs with series of their own. */
  readonly programs: number;
  /** Pairs of a program and an interface; each has four series. */
  readonly cells: number;
  /** A program that moves nothing for this long loses its series. */
  readonly idleMs: number;
}

export const PROGRAM_LIMITS: ProgramLimits = { programs: 100, cells: 250, idleMs: 300_000 };

/** How what is not exported is named. */
export const OTHER = 'other';
const LONGEST_LABEL = 120;
/** Busy newcomers take the place of the quietest program only if they move this much more than it. */
const BUSIER = 2;

/** sent bytes, received bytes, sent packets, received packets */
type Cell = [number, number, number, number];

interface Program {
  /** program, user, unit, container */
  readonly labels: readonly string[];
  readonly cells: Map<string, Cell>;
  /** Bytes of late, an average that forgets within `idleMs`. */
  recent: number;
  lastMs: number;
  exported: boolean;
}

export interface ProgramMetrics {
  /** @param interfaceLabel under which name an interface is shown */
  add(owners: readonly OwnerRow[], nowMs: number, interfaceLabel: (name: string) => string): void;
  samples(): readonly Sample[];
}

/**
 * Each gain since the refresh before is added to the program's own counter, or to that of `other` if it has none at
 * that moment; so neither ever falls, whoever comes and goes, and every byte is in exactly one of them. While there is
 * room a program is exported from its first byte; later one must be twice as busy as the quietest to take its place, and
 * begins at 0. A program that was retired and comes back begins at 0 too, which readers take for the restart that it is.
 */
export function createProgramMetrics(limits: ProgramLimits = PROGRAM_LIMITS): ProgramMetrics {
  const counters = createCounters();
  const programs = new Map<string, Program>();
  const others = new Map<string, Cell>();
  /** What of ended processes was counted before they were folded into one row, by interface and figure. */
  const folded = new Map<string, number>();
  let cells = 0;
  let lastMs: number | undefined;

  const otherCell = (label: string): Cell => {
    let cell = others.get(label);
    if (cell === undefined) {
      cell = [0, 0, 0, 0];
      others.set(label, cell);
    }
    return cell;
  };
  const cellOf = (program: Program | undefined, label: string): Cell => {
    if (program === undefined || !program.exported) return otherCell(label);
    const known = program.cells.get(label);
    if (known !== undefined) return known;
    if (cells >= limits.cells) return otherCell(label);
    const cell: Cell = [0, 0, 0, 0];
    program.cells.set(label, cell);
    cells++;
    return cell;
  };
  const retire = (program: Program): void => {
    cells -= program.cells.size;
    program.cells.clear();
    program.exported = false;
  };
  const exported = () => [...programs.values()].filter((program) => program.exported);
  const find = (row: OwnerRow, nowMs: number): Program => {
    const labels = [row.name, row.user, row.unit?.unit ?? '', row.unit?.container ?? ''].map(label);
    // The program "other" of some user must not be taken for all others.
    if (labels[0] === OTHER && labels[1] === '') labels[1] = '-';
    const key = JSON.stringify(labels);
    let program = programs.get(key);
    if (program === undefined) {
      program = { labels, cells: new Map(), recent: 0, lastMs: nowMs, exported: false };
      programs.set(key, program);
    }
    return program;
  };

  return {
    add(owners, nowMs, interfaceLabel) {
      const forget = lastMs === undefined ? 1 : Math.exp(-Math.max(0, nowMs - lastMs) / limits.idleMs);
      lastMs = nowMs;
      counters.begin();
      const gains = new Map<Program, { share: string; gained: Cell }[]>();
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
      for (const [key, program] of programs) {
        if (nowMs - program.lastMs < limits.idleMs) continue;
        retire(program);
        programs.delete(key);
      }
      let count = exported().length;
      const newcomers = [...gains.keys()].filter((each) => !each.exported).sort((a, b) => b.recent - a.recent);
      for (const program of newcomers) {
        if (count >= limits.programs || cells + gainedInterfaces(gains.get(program)) > limits.cells) break;
        program.exported = true;
        count++;
        // Makes its cells, so that the next one sees what is left.
        for (const { share } of gains.get(program) ?? []) cellOf(program, interfaceLabel(share));
      }
      for (const program of newcomers.filter((each) => !each.exported)) {
        const quietest = exported().reduce<Program | undefined>(
          (least, each) => (least === undefined || each.recent < least.recent ? each : least),
          undefined,
        );
        if (quietest === undefined || program.recent <= BUSIER * quietest.recent) break;
        // Before the gains are added: nothing that nobody could read is taken away with its series.
        retire(quietest);
        program.exported = true;
      }
      for (const [program, list] of gains) {
        for (const { share, gained } of list) addTo(cellOf(program, interfaceLabel(share)), gained);
      }
      if (fold !== undefined) addFolded(fold, folded, (name) => otherCell(interfaceLabel(name)));
    },
    samples() {
      const all: Sample[] = [];
      for (const program of programs.values()) {
        for (const [name, cell] of program.cells) pushCell(all, program.labels, name, cell);
      }
      for (const [name, cell] of others) pushCell(all, [OTHER, '', '', ''], name, cell);
      const out = [...programs.values()].filter((each) => !each.exported).length;
      all.push({ metric: 'nettrace_program_series_left_out', labels: [], value: out });
      return all;
    },
  };
}

function label(text: string): string {
  return text.length <= LONGEST_LABEL ? text : sanitize(text, LONGEST_LABEL);
}

function figures(share: InterfaceShare): Cell {
  return [share.sentBytes, share.receivedBytes, share.sentPackets, share.receivedPackets];
}

/** Shares whose packets are in another share are no part of an owner's totals. */
function gainsOf(row: OwnerRow, read: (source: string, reading: number) => number) {
  const all: { share: string; gained: Cell }[] = [];
  for (const share of row.interfaces) {
    if (share.repeated) continue;
    const view = share.mirrored ? 'm' : 'o';
    const gained = figures(share).map((reading, i) => read(`${row.id}/${i}${view}${share.name}`, reading)) as Cell;
    if (gained.some((value) => value > 0)) all.push({ share: share.name, gained });
  }
  return all;
}

function gainedInterfaces(gains: readonly { readonly share: string }[] | undefined): number {
  return new Set(gains?.map(({ share }) => share)).size;
}

function addTo(cell: Cell, gained: Cell): void {
  for (let i = 0; i < 4; i++) cell[i as 0] += gained[i as 0];
}

/** The row of ended processes holds all they ever moved: what was not counted while they had rows of their own is new. */
function addFolded(row: OwnerRow, counted: Map<string, number>, cellOf: (name: string) => Cell): void {
  for (const share of row.interfaces) {
    if (share.repeated) continue;
    const view = share.mirrored ? 'm' : 'o';
    const cell = cellOf(share.name);
    figures(share).forEach((reading, i) => {
      const place = `${i}${view}${share.name}`;
      const before = counted.get(place) ?? 0;
      if (reading <= before) return;
      cell[i as 0] += reading - before;
      counted.set(place, reading);
    });
  }
}

function pushCell(all: Sample[], labels: readonly string[], name: string, cell: Cell): void {
  const of = (direction: string) => [...labels, name, direction];
  all.push({ metric: 'nettrace_program_bytes_total', labels: of('sent'), value: cell[0] });
  all.push({ metric: 'nettrace_program_bytes_total', labels: of('received'), value: cell[1] });
  all.push({ metric: 'nettrace_program_packets_total', labels: of('sent'), value: cell[2] });
  all.push({ metric: 'nettrace_program_packets_total', labels: of('received'), value: cell[3] });
}
