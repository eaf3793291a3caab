// Owns: IP addresses and prefixes read from text, and whether an address lies in a prefix.
// Knows nothing of: names, ports and where the text comes from.

/** `bits` of `bytes` count: 4 bytes for IPv4, 16 for IPv6. */
export interface AddressRange {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** `10.0.0.0/8`, `10.0.0.7`, `2001:db8::/32`, `[::1]`; undefined where it is none. A zone (`%eth0`) is left out. */
export function parseRange(text: string): AddressRange | undefined {
  const match = /^\[?([0-9a-f:.]+)(?:%[^/\]]*)?\]?(?:\/(\d{1,3}))?$/i.exec(text);
  const bytes = match && parseAddress(match[1] ?? '');
  if (!bytes) return undefined;
  const bits = match[2] === undefined ? bytes.length * 8 : Number(match[2]);
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Why a text in the form of an IPv4 address or of a prefix is none; undefined for one that is, and for names. */
export function addressProblem(text: string): string | undefined {
  if (parseRange(text) !== undefined) return undefined;
  if (/^\d+(?:\.\d+){3}$/.test(text)) return `"${text}" is no address`;
  const [, address = '', bits] = /^(.+)\/([^/]*)$/.exec(text) ?? [];
  const range = bits === undefined ? undefined : parseRange(address);
  if (range === undefined) return undefined;
  return `"${text}" is no prefix: behind the / stands a number up to ${range.bytes.length * 8}`;
}

/** Whether all addresses of `inner` are in `outer`; IPv4 and IPv6 never are in each other. */
export function contains(outer: AddressRange, inner: AddressRange): boolean {
  if (outer.bytes.length !== inner.bytes.length || inner.bits < outer.bits) return false;
  for (let at = 0; at * 8 < outer.bits; at++) {
    const mask = (0xff00 >> Math.min(8, outer.bits - at * 8)) & 0xff;
    if (((outer.bytes[at] ?? 0) & mask) !== ((inner.bytes[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** Addresses of rows come back with every refresh. */
const KEPT = 50_000;
const parsed = new Map<string, readonly number[] | undefined>();

function parseAddress(text: string): readonly number[] | undefined {
  if (parsed.has(text)) return parsed.get(text);
  if (parsed.size >= KEPT) parsed.clear();
  const bytes = text.includes(':') ? parseV6(text) : parseV4(text);
  parsed.set(text, bytes);
  return bytes;
}

function parseV4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const isQuad = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return isQuad ? parts.map(Number) : undefined;
}

/** RFC 4291, 2.2: eight groups, `::` once for any number of zero ones, the last 32 bits as a dotted quad too. */
function parseV6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [before, after] = halves.map(groups);
  if (before === undefined || (halves.length === 2 && after === undefined)) return undefined;
  const missing = 16 - before.length - (after?.length ?? 0);
  if (halves.length === 1) return missing === 0 ? before : undefined;
  return missing >= 2 ? [...before, ...Array<number>(missing).fill(0), ...(after ?? [])] : undefined;
}

function groups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const quad = part.includes('.') && i === parts.length - 1 ? parseV4(part) : undefined;
    if (quad !== undefined) bytes.push(...quad);
    else if (/^[0-9a-f]{1,4}$/i.test(part))
      bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
