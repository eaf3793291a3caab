// Owns: addresses that a person types: IPv4, IPv6, with a prefix length, with a port.
// Knows nothing of: sockets and names of hosts.

/** 16 bytes in network order, IPv4 as ::ffff:a.b.c.d; `length` counts bits of all 16 bytes. */
export interface Prefix {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** `10.0.0.0/8`, `10.0.0.1:80`, `2001:db8::/32`, `[2001:db8::/32]:443`, `*:80`; undefined where it is none of these. */
export function parsePrefix(text: string): { readonly prefix: Prefix; readonly port?: number } | undefined {
  const parts = /^(?:\[([^\]/]+)(?:\/(\d{1,3}))?\]|([^/[\]]+?))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(text);
  if (!parts) return undefined;
  const [, bracketed, inside, bare, behind, portText] = parts;
  if (inside !== undefined && behind !== undefined) return undefined;
  const bits = inside ?? behind;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && port > 65_535) return undefined;
  const withPort = port === undefined ? {} : { port };
  if (bare === '*') return { prefix: { bytes: new Uint8Array(16), length: 0 }, ...withPort };
  // A bare IPv6 address keeps its last group: only brackets tell a port from it.
  if (
    bracketed === undefined &&
    bare !== undefined &&
    (bare.includes(':') || (port !== undefined && !bare.includes('.')))
  ) {
    return prefixOf(text.replace(/\/\d+$/, ''), bits);
  }
  const found = prefixOf(bracketed ?? bare ?? '', bits);
  return found && { ...found, ...withPort };
}

function prefixOf(address: string, bits: string | undefined): { readonly prefix: Prefix } | undefined {
  const v4 = v4Bytes(address);
  const bytes = v4 ?? v6Bytes(address);
  if (!bytes) return undefined;
  const most = v4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (length > most) return undefined;
  return { prefix: { bytes, length: v4 ? length + 96 : length } };
}

function v4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, ...parts.map(Number)], 10);
  return bytes;
}

function v6Bytes(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)([^:]*\.[^:]*)$/.exec(text);
  let groups = text;
  if (dotted) {
    const tail = v4Bytes(dotted[2] ?? '')?.subarray(12);
    if (!tail) return undefined;
    const hex = (at: number) => (((tail[at] ?? 0) << 8) | (tail[at + 1] ?? 0)).toString(16);
    groups = `${dotted[1]}${hex(0)}:${hex(2)}`;
  }
  const halves = groups.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const bytes = new Uint8Array(16);
  all.forEach((group, place) => {
    const value = Number.parseInt(group, 16);
    bytes[place * 2] = value >> 8;
    bytes[place * 2 + 1] = value & 0xff;
  });
  return bytes;
}
