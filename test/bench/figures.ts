// Owns: how a benchmark's figures are kept and printed: what, how much, the goal, and what others need for the same.
// Knows nothing of: how they are measured.

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: { readonly limit: number; readonly better: 'below' | 'above' };
  /** The same work by other programs, in the same unit. */
  readonly others?: readonly { readonly name: string; readonly value: number }[];
  /** What a reader must know to judge the figure. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Three significant digits, without an exponent. */
function text(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 4));
}

function ratio(own: number, other: number): string {
  if (!Number.isFinite(other) || own === 0) return '';
  return ` (${text(other / own)} times)`;
}

function verdict({ value, goal }: Figure): string {
  if (!goal) return '';
  const met = goal.better === 'below' ? value <= goal.limit : value >= goal.limit;
  return `${goal.better === 'below' ? '<=' : '>='} ${text(goal.limit)} ${met ? 'met' : 'MISSED'}`;
}

export function printHead(): void {
  console.log(`${'figure'.padEnd(58)} ${'nettrace'.padStart(10)} ${'unit'.padEnd(20)} ${'goal'.padEnd(16)} others`);
}

export function printFigure(figure: Figure): void {
  const others = (figure.others ?? []).map(({ name, value }) => `${name} ${text(value)}${ratio(figure.value, value)}`);
  console.log(
    `${figure.what.padEnd(58)} ${text(figure.value).padStart(10)} ${figure.unit.padEnd(20)} ` +
      `${verdict(figure).padEnd(16)} ${others.join(', ')}`.trimEnd(),
  );
  if (figure.note) console.log(`    ${figure.note}`);
}
