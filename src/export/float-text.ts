// Owns: numbers in the format of C's %g, as C++ streams print them.
// Knows nothing of: units.

const SIGNIFICANT = 6;

/** `%g`: six significant digits, an exponent below 1e-4 and from 1e6 on, no trailing zeros; e.g. `1.26227e+07`. */
export function formatG(value: number): string {
  if (value === 0) return '0';
  const [mantissa = '', power = ''] = value.toExponential(SIGNIFICANT - 1).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < SIGNIFICANT) return trimZeros(value.toFixed(SIGNIFICANT - 1 - exponent));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
