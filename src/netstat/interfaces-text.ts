// Owns: network devices as net-tools' table (-i), in its order.
// Knows nothing of: where devices are read.
import { sanitize } from '../base/sanitize.ts';
import type { LinkListing, NativeLink, NativeLinkAddress } from '../native/network-listing.ts';

const UP = 0x1;
export const RUNNING = 0x40;

/** IFF_ bits and letters in the order in which they are shown. */
const LETTERS: readonly (readonly [number, string])[] = [
  [0x200, 'A'],
  [0x2, 'B'],
  [0x4, 'D'],
  [0x8, 'L'],
  [0x1000, 'M'],
  [0x8000, 'd'],
  [0x100, 'P'],
  [0x20, 'N'],
  [0x80, 'O'],
  [0x10, 'p'],
  [0x800, 's'],
  [0x400, 'm'],
  [RUNNING, 'R'],
  [UP, 'U'],
];

/** A line of the table: a device, or an IPv4 label of one (`eth0:1`), which has no counters of its own. */
export interface InterfaceLine {
  readonly name: string;
  readonly link: NativeLink;
  readonly alias: NativeLinkAddress | undefined;
}

/** Devices and their labels by name; those that are down only with `all`. */
export function interfaceLines({ links, addresses }: LinkListing, all: boolean): readonly InterfaceLine[] {
  const lines = links.flatMap((link): readonly InterfaceLine[] => {
    if (!all && (link.flags & UP) === 0) return [];
    const name = sanitize(link.name);
    const aliases = addresses
      .filter((address) => address.index === link.index && address.label.length > 0)
      .map((address) => ({ name: sanitize(address.label), link, alias: address }))
      .filter((alias) => alias.name !== name);
    return [{ name, link, alias: undefined }, ...aliases];
  });
  return lines.sort((left, right) => compareNames(left.name, right.name));
}

/** Numbers in names by their value: eth2 before eth10. */
function compareNames(left: string, right: string): number {
  const parts = (name: string) => name.split(/(\d+)/);
  const [a, b] = [parts(left), parts(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [one = '', other = ''] = [a[at], b[at]];
    if (one === other) continue;
    if (at % 2 === 1 && Number(one) !== Number(other)) return Number(one) - Number(other);
    return one < other ? -1 : 1;
  }
  return a.length - b.length;
}

export function interfaceFlags(flags: number, compat: boolean): string {
  const letters = LETTERS.map(([bit, letter]) => ((flags & bit) === 0 ? '' : letter)).join('');
  if (letters === '') return '[NO FLAGS]';
  // net-tools 2.10 has one letter for promiscuous and for point-to-point.
  return compat ? letters.replace('p', 'P') : letters;
}

export const INTERFACES_TITLE = 'Kernel Interface table\n';

const LEAST = [5, 8, 6, 6, 6, 8, 6, 6, 6];
const TITLES = ['MTU', 'RX-OK', 'RX-ERR', 'RX-DRP', 'RX-OVR', 'TX-OK', 'TX-ERR', 'TX-DRP', 'TX-OVR'];
/** The one column that net-tools aligns on the left. */
const LEFT = 4;

const NO_COUNTERS = '     - no statistics available -';
/** net-tools' own length does not line up. */
const COMPAT_NO_COUNTERS = 55;

/** Header and rows. Columns grow with their numbers, which net-tools lets overflow. */
export function renderInterfaces(lines: readonly InterfaceLine[], compat: boolean): string {
  const rows = lines.map((line) => ({ line, cells: cellsOf(line) }));
  const widths = LEAST.map((least, column) =>
    compat ? least : rows.reduce((width, { cells }) => Math.max(width, cells[column]?.length ?? 0), least),
  );
  const place = (cell: string, column: number) =>
    column === LEFT ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const head = TITLES.map((title, column) => title.padStart(widths[column] ?? 0)).join(' ');
  let text = `Iface           ${head} Flg\n`;
  for (const { line, cells } of rows) {
    const flags = interfaceFlags(line.link.flags, compat);
    const mtu = `${line.name.slice(0, 15).padEnd(15)} ${place(cells[0] ?? '', 0)}`;
    text +=
      line.alias === undefined
        ? `${mtu} ${cells
            .slice(1)
            .map((cell, at) => place(cell, at + 1))
            .join(' ')} ${flags}\n`
        : `${mtu} ${NO_COUNTERS.padEnd(compat ? COMPAT_NO_COUNTERS : sum(widths.slice(1)) + widths.length - 2)} ${flags}\n`;
  }
  return text;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

function cellsOf({ link }: InterfaceLine): readonly string[] {
  const c = link.counters;
  return [
    link.mtu,
    c.receivedPackets,
    c.receiveErrors,
    c.receiveDropped + c.receiveMissed,
    c.receiveOverruns,
    c.sentPackets,
    c.sendErrors,
    c.sendDropped,
    c.sendOverruns,
  ].map(String);
}
