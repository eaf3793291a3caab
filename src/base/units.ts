// Owns: numbers as people read them: sizes, rates, counts, percentages, durations, each of constant width.
// Knows nothing of: what is measured, styles and columns.

/** How sizes and rates are written. Data, so that one key can step through the modes. */
export interface UnitMode {
  /** 'si': k = 1000; 'binary': Ki = 1024. */
  readonly base: 'si' | 'binary';
  readonly quantity: 'bytes' | 'bits';
}

export const UNIT_MODES: readonly UnitMode[] = [
  { base: 'si', quantity: 'bytes' },
  { base: 'binary', quantity: 'bytes' },
  { base: 'si', quantity: 'bits' },
  { base: 'binary', quantity: 'bits' },
];

/** A number in two columns: `value` right-aligned in 4 cells, 5 where it is below zero, `unit` in a width that depends on the mode alone. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
  /** 'zero' is drawn dim and without a unit; 'unknown' (not a number, infinite) is '-'. */
  readonly kind: 'number' | 'zero' | 'unknown';
}

export const VALUE_WIDTH = 4;
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;

/** A number of bytes as a size: '1.21 TB', '61.0 MiB', ' 402 Gbit'. */
export function formatSize(bytes: number, mode: UnitMode): Quantity {
  return scale(mode.quantity === 'bits' ? bytes * 8 : bytes, mode.base, unitOf(mode), sizeUnitWidth(mode));
}

/** Bytes per second as a rate: '61.2 MB/s', ' 410 kB/s', '  98  B/s', '   0     '. */
export function formatRate(bytesPerSecond: number, mode: UnitMode): Quantity {
  const value = mode.quantity === 'bits' ? bytesPerSecond * 8 : bytesPerSecond;
  return scale(value, mode.base, `${unitOf(mode)}/s`, rateUnitWidth(mode));
}

/** The speed of a link, given in bytes a second, as links are called: '1 Gbit/s', '2.5 Gbit/s', '100 Mbit/s'. */
export function formatLinkSpeed(bytesPerSecond: number): string {
  const { value, unit } = formatRate(bytesPerSecond, { base: 'si', quantity: 'bits' });
  return `${Number(value)} ${unit.trim()}`;
}

/** A count of things: '  812 ', '1.02k'; the unit is the prefix alone. */
export function formatCount(count: number): Quantity {
  return scale(count, 'si', '', 1);
}

export function sizeUnitWidth(mode: UnitMode): number {
  return unitOf(mode).length + (mode.base === 'binary' ? 2 : 1);
}

export function rateUnitWidth(mode: UnitMode): number {
  return sizeUnitWidth(mode) + 2;
}

/** Value and unit with one space between: one column of constant width. */
export function quantityText(quantity: Quantity): string {
  return `${quantity.value} ${quantity.unit}`;
}

/** The next mode of UNIT_MODES, round and round. */
export function nextUnitMode(mode: UnitMode): UnitMode {
  const at = UNIT_MODES.findIndex((each) => each.base === mode.base && each.quantity === mode.quantity);
  return UNIT_MODES[(at + 1) % UNIT_MODES.length] ?? mode;
}

/** Per cent of a whole in 4 cells: ' 0.4', '41.3', ' 100'; '   0' for nothing, '   -' for unknown. */
export function formatPercent(percent: number): string {
  if (!Number.isFinite(percent)) return '-'.padStart(VALUE_WIDTH);
  if (percent === 0) return '0'.padStart(VALUE_WIDTH);
  const tenths = percent.toFixed(1);
  return (tenths.length <= VALUE_WIDTH ? tenths : percent.toFixed(0)).padStart(VALUE_WIDTH);
}

/**
 * Memory as htop writes it: '1023K', '1.00M', '10.0M', '100M', '23.5G'. At most 5 characters up to 9999 YiB.
 * @param kib KiB, the unit of /proc/meminfo
 */
export function formatMemory(kib: number): string {
  if (!Number.isFinite(kib) || kib < 0) return '-';
  let value = kib;
  let step = 1;
  while (value >= 1024 && step < PREFIXES.length - 1) {
    value /= 1024;
    step++;
  }
  const prefix = step === 1 ? 'K' : PREFIXES[step];
  if (step === 1) return `${value.toFixed(0)}${prefix}`;
  if (value <= 9.99) return `${value.toFixed(2)}${prefix}`;
  // The gaps between 9.99 and 10.0 and between 99.9 and 100 close upwards.
  if (value <= 99.9) return `${Math.max(value, 10).toFixed(1)}${prefix}`;
  return `${Math.max(value, 100).toFixed(0)}${prefix}`;
}

/** Time since boot as htop writes it: '03:14:05', '1 day, 00:00:00', '12 days, 03:14:00', '101 days(!), 00:01:01'. */
export function formatUptime(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-';
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86400);
  const clock = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60].map(twoDigits).join(':');
  if (days === 0) return clock;
  if (days === 1) return `1 day, ${clock}`;
  return `${days} days${days > 100 ? '(!)' : ''}, ${clock}`;
}

/** An age or a delay in 6 cells, the two largest units: '   14s', ' 3m12s', ' 2h05m', '12d04h', '  412d'. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-'.padStart(6);
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600), Math.floor(whole / 60)];
  let text = `${whole}s`;
  if (days >= 100) text = `${days}d`;
  else if (days > 0) text = `${days}d${twoDigits(hours % 24)}h`;
  else if (hours > 0) text = `${hours}h${twoDigits(minutes % 60)}m`;
  else if (minutes > 0) text = `${minutes}m${twoDigits(whole % 60)}s`;
  return text.padStart(6);
}

/** A minus sign takes no digit: it stands in a cell of its own where there is no blank for it. */
function scale(amount: number, base: 'si' | 'binary', unit: string, unitWidth: number): Quantity {
  if (amount < 0) {
    const { value, ...rest } = scale(-amount, base, unit, unitWidth);
    const digits = value.trimStart();
    return { value: (digits === '<1' ? '>-1' : `-${digits}`).padStart(VALUE_WIDTH), ...rest };
  }
  if (!Number.isFinite(amount))
    return { value: '-'.padStart(VALUE_WIDTH), unit: ' '.repeat(unitWidth), kind: 'unknown' };
  if (amount === 0) return { value: '0'.padStart(VALUE_WIDTH), unit: ' '.repeat(unitWidth), kind: 'zero' };
  const divisor = base === 'si' ? 1000 : 1024;
  let rest = amount;
  let step = 0;
  let value = wholeDigits(rest);
  while (value === undefined && step < PREFIXES.length - 1) {
    rest /= divisor;
    step++;
    value = threeDigits(rest);
  }
  const prefix = PREFIXES[step] ?? '';
  const name = base === 'binary' && step > 0 ? `${prefix.toUpperCase()}i${unit}` : prefix + unit;
  return { value: (value ?? '>999').padStart(VALUE_WIDTH), unit: name.padStart(unitWidth), kind: 'number' };
}

/** Up to 999 in whole units; something is never shown as nothing. undefined: it needs a larger unit. */
function wholeDigits(amount: number): string | undefined {
  if (amount < 0.5) return '<1';
  const text = amount.toFixed(0);
  return fitsThreeDigits(text) ? text : undefined;
}

/** Three significant digits in 4 cells; rounding up to 1000 asks for a larger unit. */
function threeDigits(amount: number): string | undefined {
  for (const decimals of [2, 1, 0]) {
    const text = amount.toFixed(decimals);
    if (text.length <= VALUE_WIDTH && fitsThreeDigits(text)) return text;
  }
  return undefined;
}

function fitsThreeDigits(text: string): boolean {
  return Number(text) < 1000;
}

function unitOf(mode: UnitMode): string {
  return mode.quantity === 'bytes' ? 'B' : 'bit';
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
