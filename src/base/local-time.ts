// Owns: moments in the local time zone (TZ) as text for people and for programs.
// Knows nothing of: what happened then.

const two = (value: number) => String(value).padStart(2, '0');

/** `2026-11-24 22:00:00`; with the offset from UTC where the clocks are set back and show that time twice. */
export function localTime(ms: number): string {
  const text = clockText(ms, ' ');
  const isTwice = [-1, -0.5, 0.5, 1].some((hours) => clockText(ms + hours * 3.6e6, ' ') === text);
  return isTwice ? `${text} ${offsetText(ms)}` : text;
}

/** `2026-11-24T22:00:00+01:00` (ISO 8601). */
export function localIso(ms: number): string {
  return `${clockText(ms, 'T')}${offsetText(ms)}`;
}

function clockText(ms: number, between: string): string {
  const date = new Date(ms);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}${between}${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function offsetText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
