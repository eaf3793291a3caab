// Owns: numbers as people read them, as on the terminal: three digits, 1000 a step.
// Knows nothing of: what is measured.
const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** @param {number | null | undefined} bytes */
export function size(bytes) {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return '-';
  if (bytes === 0) return '0';
  let rest = bytes;
  let step = 0;
  while (Math.abs(rest) >= 999.5 && step < PREFIXES.length - 1) {
    rest /= 1000;
    step++;
  }
  const digits = step === 0 ? 0 : Math.abs(rest) >= 99.95 ? 0 : Math.abs(rest) >= 9.995 ? 1 : 2;
  return `${step === 0 && rest > 0 && rest < 0.5 ? '<1' : rest.toFixed(digits)} ${PREFIXES[step]}B`;
}

/** As links are called: 1 Gbit/s. @param {number} bytesPerSecond */
export const linkSpeed = (bytesPerSecond) =>
  size(bytesPerSecond * 8).replace(/^([\d.]+) (\w*)B$/, (_, value, prefix) => `${Number(value)} ${prefix}bit/s`);

/** @param {number | null | undefined} value */
export const rate = (value) => (value ? `${size(value)}/s` : size(value));

/** @param {number | null | undefined} share */
export const percent = (share, digits = 1) =>
  share === null || share === undefined ? '-' : `${(share * 100).toFixed(digits)} %`;

/** Down to the two largest units. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** The time of day, of 24 hours as the axis of the chart has it, whatever the browser's language. @param {Date} date */
export const clock = (date) => date.toLocaleTimeString(undefined, { hourCycle: 'h23' });

/** With its day. @param {Date} date */
export const moment = (date) => `${date.toLocaleDateString()} ${clock(date)}`;

/** @param {string | null} address @param {number | null} port */
export const endpoint = (address, port) =>
  !address ? '-' : !port ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
