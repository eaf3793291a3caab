// Owns: addresses and endpoints as text (RFC 5952; IPv4 where the address is v4-mapped).
// Knows nothing of: names, sockets and where the bytes come from.

/** Bytes of one address: IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), network byte order. */
export const ADDRESS_LENGTH = 16;

/** Whether the 16 bytes at `offset` are an IPv4 address in its mapped form. */
export function isV4Mapped(bytes: Uint8Array, offset = 0): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/** Whether the address is all zeros (:: or 0.0.0.0), the wildcard of a bound socket. */
export function isUnspecified(bytes: Uint8Array, offset = 0): boolean {
  const from = isV4Mapped(bytes, offset) ? 12 : 0;
  for (let i = from; i < ADDRESS_LENGTH; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

/** The address whose 16 bytes start at `offset`: '10.0.0.9', '2001:db8::1'. Throws RangeError if they are not there. */
export function addressText(bytes: Uint8Array, offset = 0): string {
  if (offset < 0 || offset + ADDRESS_LENGTH > bytes.length) {
    throw new RangeError(`an address needs ${ADDRESS_LENGTH} bytes at ${offset}, of ${bytes.length}`);
  }
  if (isV4Mapped(bytes, offset)) return dottedQuad(bytes, offset + 12);
  return groupsText(readGroups(bytes, offset));
}

/** An address without doubt about its end: '10.0.0.9:443', '[2001:db8::1]:443', '[fe80::1%eth0]:22'; port 0 is '*'. */
export function endpointText(bytes: Uint8Array, offset: number, port: number, zone = ''): string {
  const portText = port === 0 ? '*' : String(port);
  const address = addressText(bytes, offset);
  if (!address.includes(':')) return `${address}:${portText}`;
  return `[${address}${zone === '' ? '' : `%${zone}`}]:${portText}`;
}

function dottedQuad(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

function readGroups(bytes: Uint8Array, offset: number): number[] {
  return Array.from({ length: 8 }, (_, i) => ((bytes[offset + 2 * i] ?? 0) << 8) | (bytes[offset + 2 * i + 1] ?? 0));
}

/** RFC 5952, 4: lower case, no leading zeros, '::' for the longest run of two or more zero groups, the first of equals. */
function groupsText(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
