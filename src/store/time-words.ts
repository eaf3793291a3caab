// Owns: points in time as people type them: `2h ago`, `yesterday`, `2026-11-24 22:00`, `now`, in the local time zone.
// Knows nothing of: what is asked about them.

const UNITS: Readonly<Record<string, number>> = {
  s: 1e3,
  sec: 1e3,
  m: 6e4,
  min: 6e4,
  h: 3.6e6,
  hour: 3.6e6,
  d: 864e5,
  day: 864e5,
  w: 6048e5,
  week: 6048e5,
};

export const TIME_WORDS = '"now", "today", "yesterday", "2h ago", "2026-11-24" or "2026-11-24 22:00"';

/** ms since 1970; undefined where it is no time. */
export function parseTime(text: string, nowMs: number): number | undefined {
  const word = text.trim().toLowerCase();
  const now = new Date(nowMs);
  const midnight = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime();
  if (word === 'now') return nowMs;
  if (word === 'today') return midnight(0);
  if (word === 'yesterday') return midnight(-1);
  const ago = /^(\d{1,9}) ?([a-z]+?)s?( ago)?$/.exec(word);
  const unit = UNITS[ago?.[2] ?? ''] ?? UNITS[`${ago?.[2] ?? ''}s`];
  if (ago !== null && unit !== undefined) return Math.max(0, nowMs - Number(ago[1]) * unit);
  const date = /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(z)?)?$/.exec(word);
  if (date === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [local, utc] = [new Date(year, month - 1, day, hour, minute, second), new Date(Date.UTC(year, month - 1, day))];
  const real = utc.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60;
  if (!real) return undefined;
  return date[7] === 'z' ? Date.UTC(year, month - 1, day, hour, minute, second) : local.getTime();
}
