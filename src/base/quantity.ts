// Owns: amounts as people write them in a configuration: `50 GB`, `10 MB/s`, `80 Mbit/s`, `5 min`.
// Knows nothing of: which setting they are for.

const PREFIXES = ['', 'k', 'm', 'g', 't', 'p'] as const;

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
};

/** Whole bytes of `50 GB` (powers of 1000), `50 GiB` (of 1024) or a number; undefined where it is none, or not above 0. */
export function parseBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return wholeFrom(value);
  const match = typeof value === 'string' ? /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)(i?)B?$/i.exec(value.trim()) : null;
  if (match === null || (match[3] !== '' && match[2] === '')) return undefined;
  return wholeFrom(Number(match[1]) * factorOf(match[2], match[3] !== ''));
}

/** Bytes a second of `10 MB/s`, `10 MiB/s` or `80 Mbit/s`; undefined where it is none, or not above 0. */
export function parseRate(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)(i?)(B|bit)\/s$/i.exec(value.trim());
  if (match === null || (match[3] !== '' && match[2] === '')) return undefined;
  const rate = (Number(match[1]) * factorOf(match[2], match[3] !== '')) / (match[4]?.toLowerCase() === 'bit' ? 8 : 1);
  return rate > 0 && rate <= Number.MAX_SAFE_INTEGER ? rate : undefined;
}

/** Seconds of `5 min`, `30 s`, `2 h`, `60 days` or a number of seconds; undefined where it is none, or not above 0. */
export function parseSpan(value: unknown): number | undefined {
  if (typeof value === 'number') return wholeFrom(value);
  const match = typeof value === 'string' ? /^(\d{1,9}) ?([a-z]+?)(s?)$/i.exec(value.trim()) : null;
  const unit = SECONDS[(match?.[2] ?? '').toLowerCase()] ?? SECONDS[`${match?.[2]}${match?.[3]}`.toLowerCase()];
  return match === null || unit === undefined ? undefined : wholeFrom(Number(match[1]) * unit);
}

function factorOf(prefix: string | undefined, binary: boolean): number {
  const power = PREFIXES.findIndex((each) => each === (prefix ?? '').toLowerCase());
  return (binary ? 1024 : 1000) ** Math.max(0, power);
}

function wholeFrom(value: number): number | undefined {
  const whole = Math.round(value);
  return Number.isSafeInteger(whole) && whole > 0 ? whole : undefined;
}
