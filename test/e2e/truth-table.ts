// Owns: the outcomes of a truth run as text: lines for a terminal, and the measured table of docs/truth.md.
// Knows nothing of: how outcomes are made.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './check.ts';
import { ROOT } from './places.ts';
import type { Column, Outcome } from './scenario.ts';

export interface Line {
  readonly name: string;
  /** Undefined: it did not run. */
  readonly outcome?: Outcome;
  readonly skipped?: string;
}

export interface CheckLine {
  readonly name: string;
  readonly findings: Findings;
}

/** Rounded down: what is not all is never shown as all. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${(Math.floor((100_000 * part) / whole) / 1000).toFixed(3)} %`;
}

export const engineName = ({ engine }: { readonly engine: string | undefined }) => engine ?? 'nettrace';

export const HEAD = [
  'scenario'.padEnd(60),
  'engine'.padEnd(9),
  'wire bytes'.padStart(11),
  'found'.padStart(10),
  'wrong B'.padStart(9),
  'residual'.padStart(9),
].join('  ');

function columnLines(name: string, column: Column): string[] {
  const { wire, right, wrong, residual, unnamed, kernelDrops, faults } = column.verdict;
  const cells = [
    name.padEnd(60),
    engineName(column).padEnd(9),
    String(wire).padStart(11),
    percent(right, wire).padStart(10),
    String(wrong).padStart(9),
    percent(Math.abs(residual), wire).padStart(9),
    faults.length === 0 ? 'ok' : 'FAULT',
  ];
  return [
    cells.join('  '),
    ...[...unnamed].map(([reason, bytes]) => `    ${percent(bytes, wire)} without a process: ${reason}`),
    ...(kernelDrops > 0 ? [`    ${kernelDrops} packets dropped by the kernel`] : []),
    ...faults.map((fault) => `    ${fault}`),
  ];
}

export function outcomeLines(name: string, { columns, nethogs }: Outcome): string[] {
  const lines = columns.flatMap((column) => columnLines(name, column));
  const wire = columns[0]?.verdict.wire ?? 0;
  if (nethogs === undefined) return lines;
  const cells = [''.padEnd(60), 'nethogs'.padEnd(9), ''.padStart(11), percent(nethogs.right, wire).padStart(10)];
  return [...lines, [...cells, String(Math.round(nethogs.wrong)).padStart(9)].join('  ')];
}

function tableRow({ name, outcome, skipped }: Line, engines: readonly string[]): string {
  if (outcome === undefined) return `| ${[name, `not run: ${skipped ?? ''}`, ...engines.map(() => '')].join(' | ')} |`;
  const own = outcome.columns.map(({ verdict: { wire, right, wrong, residual, faults } }) => {
    const figures = [percent(right, wire), percent(wrong, wire), percent(Math.abs(residual), wire)].join(' / ');
    return faults.length === 0 ? figures : `${figures} **fault**`;
  });
  const wire = outcome.columns[0]?.verdict.wire ?? 0;
  const rival = outcome.nethogs;
  const other = rival === undefined ? '' : `${percent(rival.right, wire)} / ${percent(rival.wrong, wire)}`;
  return `| ${[name, ...own, other].join(' | ')} |`;
}

/** The lines between the marks of docs/truth.md. */
export function table(lines: readonly Line[], checks: readonly CheckLine[]): string {
  const engines = lines.find(({ outcome }) => outcome !== undefined)?.outcome?.columns.map(engineName) ?? ['nettrace'];
  const head = ['scenario', ...engines.map((name) => `${name}: found / wrong / residual`), 'nethogs: found / wrong'];
  const rows = [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---|').join('')}`,
    ...lines.map((line) => tableRow(line, engines)),
  ];
  const findings = checks.flatMap(({ name, findings: { figures, faults } }) => {
    return [`- ${name}: ${[...figures, ...faults.map((fault) => `**fault**: ${fault}`)].join('; ')}`];
  });
  return [...rows, '', ...findings].join('\n');
}

const BEGIN = '<!-- measured: written by npm run truth -- --table -->';
const END = '<!-- end of measured -->';

/** Replaces what stands between the marks. Throws where docs/truth.md has none. */
export function writeTable(text: string): void {
  const path = join(ROOT, 'docs/truth.md');
  const before = readFileSync(path, 'utf8');
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/truth.md has no marks for the table');
  writeFileSync(path, `${before.slice(0, from)}${BEGIN}\n\n${text}\n\n${before.slice(to)}`);
}
