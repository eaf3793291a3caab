// Owns: points in time as people and programs write them: `30 minutes ago`, `yesterday`, `11:50`, `2026-11-24 22:00`, ISO 8601,
// seconds since 1970; in the local time zone where no other is named.
// Knows nothing of: what is asked about them.

const UNITS: Readonly<Record<string, number>> = {
  s: 1e3,
  sec: 1e3,
  second: 1e3,
  m: 6e4,
  min: 6e4,
  minute: 6e4,
  h: 3.6e6,
  hour: 3.6e6,
  d: 864e5,
  day: 864e5,
  w: 6048e5,
  week: 6048e5,
};

/** Their length is up to the calendar. */
const MONTHS: Readonly<Record<string, number>> = { month: 1, year: 12 };

export const TIME_WORDS =
  '"now", "today", "yesterday", "30 minutes ago", "1 month ago", "11:50", "2026-11-24", "2026-11-24 22:00", "2026-11-24T22:00:00+01:00" or seconds since 1970';

/** ms since 1970; undefined where it is no time. */
export function parseTime(text: string, nowMs: number): number | undefined {
  const word = text.trim().toLowerCase();
  const time = dayOf(word, nowMs) ?? ago(word, nowMs) ?? unixTime(word) ?? timeOfDay(word, nowMs) ?? dateOf(word);
  return time === undefined || Number.isNaN(time) ? undefined : time;
}

function dayOf(word: string, nowMs: number): number | undefined {
  const now = new Date(nowMs);
  const midnight = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).getTime();
  if (word === 'now') return nowMs;
  if (word === 'today') return midnight(0);
  return word === 'yesterday' ? midnight(-1) : undefined;
}

function ago(word: string, nowMs: number): number | undefined {
  const [, digits, name = ''] = /^(\d{1,9}) ?([a-z]+?)s?(?: ago)?$/.exec(word) ?? [];
  if (digits === undefined) return undefined;
  const unit = UNITS[name] ?? UNITS[`${name}s`];
  if (unit !== undefined) return Math.max(0, nowMs - Number(digits) * unit);
  const months = MONTHS[name];
  return months === undefined ? undefined : Math.max(0, monthsBefore(nowMs, Number(digits) * months));
}

/** The same day and time of an earlier month; its last day where it has no such day. */
function monthsBefore(nowMs: number, months: number): number {
  const now = new Date(nowMs);
  const [year, month] = [now.getFullYear(), now.getMonth() - months];
  const day = Math.min(now.getDate(), new Date(year, month + 1, 0).getDate());
  const [hour, minute, second, ms] = [now.getHours(), now.getMinutes(), now.getSeconds(), now.getMilliseconds()];
  return new Date(year, month, day, hour, minute, second, ms).getTime();
}

/** Ten digits are seconds, thirteen are milliseconds: both last until 2286. */
function unixTime(word: string): number | undefined {
  if (/^\d{10}(\.\d{1,9})?$/.test(word)) return Math.round(Number(word) * 1000);
  return /^\d{13}$/.test(word) ? Number(word) : undefined;
}

/** The last time that it was so late; of an hour that the clocks went through twice, the later one that has been. */
function timeOfDay(word: string, nowMs: number): number | undefined {
  const time = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(word);
  if (time === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = time.slice(1).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const now = new Date(nowMs);
  const times = [0, -1].flatMap((days) => {
    const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour, minute, second);
    const again = new Date(first.getTime() + 3.6e6);
    return again.getHours() === first.getHours() ? [again.getTime(), first.getTime()] : [first.getTime()];
  });
  return times.find((each) => each <= nowMs);
}

/** A space before the offset is a plus that was not escaped in the address of a page. */
const DATE =
  /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(z| ?[+-]\d\d(?::?\d\d)?| \d\d:?\d\d)?)?$/;

function dateOf(word: string): number | undefined {
  const date = DATE.exec(word);
  if (date === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const ms = Math.floor(Number(`0.${date[7] ?? 0}`) * 1000);
  const utc = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const isReal = new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
  if (!isReal || hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = date[8];
  if (zone === undefined) return new Date(year, month - 1, day, hour, minute, second, ms).getTime();
  const [, hours = 0, minutes = 0] = (/(\d\d):?(\d\d)?/.exec(zone) ?? []).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59) return undefined;
  const offset = hours * 3.6e6 + minutes * 6e4;
  return zone.includes('-') ? utc + offset : utc - offset;
}
