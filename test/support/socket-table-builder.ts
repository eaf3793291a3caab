// Owns: the addon's socket table and its holders from plain rows; what is not named is 0 or empty.
// Knows nothing of: what a test wants to show.
import type { InetSockets, SocketOwners, SocketTable, TcpInfo, UnixSockets } from '../../src/native/socket-table.ts';

/** Addresses as IPv4 text. */
export type InetParts = Partial<Record<Exclude<keyof InetSockets, 'local' | 'remote'>, number>> & {
  readonly local?: string;
  readonly remote?: string;
  readonly tcp?: Partial<Record<keyof TcpInfo, number>>;
};

export type UnixParts = Partial<Record<Exclude<keyof UnixSockets, 'nameBytes' | 'nameEnds'>, number>> & {
  readonly name?: string | Uint8Array;
};

export interface TableParts {
  readonly inet?: readonly InetParts[];
  readonly unix?: readonly UnixParts[];
  readonly namespaces?: readonly { readonly inode: number; readonly pid: number }[];
  readonly looked?: number;
}

/** A Float64Array stands for every column: readers index and nothing else. */
function columns<T>(count: number, value: (column: string, row: number) => number): T {
  const made = new Map<string | symbol, Float64Array>();
  const handler: ProxyHandler<object> = {
    get(_, column) {
      const known = made.get(column) ?? Float64Array.from({ length: count }, (_row, row) => value(String(column), row));
      made.set(column, known);
      return known;
    },
  };
  return new Proxy({}, handler) as T;
}

export function tableOf({ inet = [], unix = [], namespaces = [], looked }: TableParts = {}): SocketTable {
  const part = (row: object | undefined, column: string) => (row as Record<string, number> | undefined)?.[column] ?? 0;
  const inetColumns = columns<Record<string, unknown>>(inet.length, (column, row) => part(inet[row], column));
  const unixColumns = columns<Record<string, unknown>>(unix.length, (column, row) => part(unix[row], column));
  const text = packTexts(
    unix.map(({ name = '' }) => (typeof name === 'string' ? new TextEncoder().encode(name) : name)),
  );
  return {
    inet: overlay(inetColumns, {
      local: packAddresses(inet.map((row) => row.local)),
      remote: packAddresses(inet.map((row) => row.remote)),
    }),
    tcpInfo: columns(inet.length, (column, row) => {
      const info = inet[row]?.tcp;
      return column === 'known' && info !== undefined ? 1 : part(info, column);
    }),
    memory: columns(0, () => 0),
    unix: overlay(unixColumns, { nameBytes: text.bytes, nameEnds: text.ends }),
    packet: columns(0, () => 0),
    congestion: [],
    parts: [],
    namespaces: namespaces.map((space) => ({ ...space, name: new Uint8Array(0), errno: 0 })),
    costMs: 0,
    looked: looked ?? inet.length + unix.length,
  };
}

/** @param rows in the order of /proc; `name` is comm */
export function ownersOf(
  rows: readonly { readonly pid: number; readonly name: string; readonly inodes: readonly number[] }[],
): SocketOwners {
  const names = packTexts(rows.map(({ name }) => new TextEncoder().encode(name)));
  const holders = rows.flatMap(({ inodes }, process) => inodes.map((inode, fd) => ({ inode, process, fd })));
  return {
    holders: {
      inode: Uint32Array.from(holders.map(({ inode }) => inode)),
      process: Uint32Array.from(holders.map(({ process }) => process)),
      fd: Uint32Array.from(holders.map(({ fd }) => fd)),
    },
    processes: {
      pid: Uint32Array.from(rows.map(({ pid }) => pid)),
      nameBytes: names.bytes,
      nameEnds: names.ends,
      programBytes: names.bytes,
      programEnds: names.ends,
    },
    hidden: 0,
  };
}

function overlay<T>(base: Record<string, unknown>, own: Record<string, unknown>): T {
  return new Proxy(base, { get: (_, column) => own[String(column)] ?? base[String(column)] }) as T;
}

function packTexts(texts: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly ends: Uint32Array } {
  let end = 0;
  return {
    bytes: Uint8Array.from(texts.flatMap((text) => [...text])),
    ends: Uint32Array.from(
      texts.map((text) => {
        end += text.length;
        return end;
      }),
    ),
  };
}

function packAddresses(addresses: readonly (string | undefined)[]): Uint8Array {
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
  return Uint8Array.from(addresses.flatMap((text = '0.0.0.0') => [...mapped, ...text.split('.').map(Number)]));
}
