// Owns: the text of `-t`, in the layout of nethogs' trace mode: banner lines, then a block for each refresh.
// Knows nothing of: when a refresh happens and where the text goes. All text it gets is sanitised.
import type { InterfaceRow, Model, OwnerRow, Rates, Totals } from '../model/model.ts';
import { createAgeing } from '../model/order.ts';
import { type NameOptions, programName } from '../model/program-name.ts';
import { formatG } from './float-text.ts';

/** nethogs' `-v`: 0 kB/s, 1 total kB, 2 total bytes, 3 total MB, 4 MB/s, 5 GB/s; all 1024-based. */
export type ViewMode = 0 | 1 | 2 | 3 | 4 | 5;

export interface TraceOptions extends NameOptions {
  readonly viewMode: ViewMode;
  /** Descending by sent instead of received. */
  readonly sortBySent: boolean;
  /** Only TCP is captured: all bytes without an owner are unknown TCP. */
  readonly tcpOnly: boolean;
  /** Refreshes that an ended process keeps its line in rate modes. In total modes lines stay for ever. */
  readonly exitedRefreshes: number;
}

/** Most `Unknown connection:` lines of a block; what is left out is counted in one more line. */
const UNKNOWN_CONNECTIONS = 100;

const WITH_PORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp']);

const MODES: readonly { readonly of: 'rate' | 'total'; readonly divisor: number }[] = [
  { of: 'rate', divisor: 1024 },
  { of: 'total', divisor: 1024 },
  { of: 'total', divisor: 1 },
  { of: 'total', divisor: 1024 ** 2 },
  { of: 'rate', divisor: 1024 ** 2 },
  { of: 'rate', divisor: 1024 ** 3 },
];

interface Amount {
  readonly sent: number;
  readonly received: number;
}

interface Line extends Amount {
  readonly name: string;
  readonly pid: number;
  readonly uid: number;
}

/** A function that gives the text of each refresh in turn; new addresses and devices are announced before a block. */
export function createTrace(options: TraceOptions): (model: Model) => string {
  const mode = MODES[options.viewMode] ?? { of: 'rate', divisor: 1024 };
  const age = createAgeing(options.exitedRefreshes);
  const announced = new Set<string>();
  const take: Take = mode.of === 'rate' ? rateOf : totalOf;
  return (model) => {
    const owners = mode.of === 'rate' ? age(model.owners) : model.owners;
    const lines = [
      ...owners.filter((row) => row.kind !== 'unattributed').flatMap((row) => ownerLine(row, take, options)),
      ...unknownLines(model, take, options.tcpOnly),
    ];
    return [
      ...banner(model.interfaces, announced),
      '',
      'Refreshing:',
      ...sortLines(lines, options.sortBySent).map((line) => lineText(line, mode)),
      ...unknownConnections(model),
      '',
    ].join('\n');
  };
}

type Take = (row: Totals & Rates) => Amount;

function rateOf(row: Rates): Amount {
  return { sent: row.sentRate ?? 0, received: row.receivedRate ?? 0 };
}

function totalOf(row: Totals): Amount {
  return { sent: row.sentBytes, received: row.receivedBytes };
}

/** `Adding local address` once for each address, the kind of link once for each device; as nethogs words them. */
function banner(interfaces: readonly InterfaceRow[], announced: Set<string>): string[] {
  const lines = interfaces.flatMap((row) => [
    ...row.addresses.map((address) => [`address ${address}`, `Adding local address: ${address}`] as const),
    ...(row.linkType === '' ? [] : [[`link ${row.slot} ${row.linkTypeNumber}`, linkText(row)] as const]),
  ]);
  return lines.flatMap(([key, text]) => {
    if (announced.has(key)) return [];
    announced.add(key);
    return [text];
  });
}

/** By LINKTYPE_ value: 1 Ethernet, 9 PPP, 113 and 276 Linux cooked capture. */
function linkText(row: InterfaceRow): string {
  switch (row.linkTypeNumber) {
    case 1:
      return 'Ethernet link detected';
    case 9:
      return 'PPP link detected';
    case 113:
    case 276:
      return 'Linux Cooked Socket link detected';
    default:
      return `No PPP or Ethernet link: ${row.linkTypeNumber}`;
  }
}

/** The line of a row; rows without a process only while they move or have moved something. */
function ownerLine(row: OwnerRow, take: Take, options: NameOptions): Line[] {
  const amount = take(row);
  if (row.pid !== undefined) return [{ name: programName(row, options), pid: row.pid, uid: row.uid ?? 0, ...amount }];
  const name = row.kind === 'process' || row.reason === row.name ? row.name : `${row.name} ${row.reason}`;
  return isNothing(amount) ? [] : [{ name, pid: 0, uid: 0, ...amount }];
}

/**
 * Bytes without an owner: of connections that are alive by protocol, in the lines that nethogs has; what ended by its
 * reason, e.g. `unknown closed-before-seen`. Together they are exactly the rows of kind unattributed.
 */
function unknownLines(model: Model, take: Take, tcpOnly: boolean): Line[] {
  let tcp: Amount = { sent: 0, received: 0 };
  let udp = tcp;
  const others: Line[] = [];
  for (const row of model.owners.filter((each) => each.kind === 'unattributed')) {
    let rest = take(row);
    const flows = tcpOnly ? undefined : model.flowTotalsOf(row.id);
    const moved = (part: Amount): Amount => {
      rest = { sent: minus(rest.sent, part.sent), received: minus(rest.received, part.received) };
      return part;
    };
    const ofTcp = tcpOnly ? rest : least(rest, flows?.get('tcp'), take);
    tcp = add(tcp, moved(ofTcp));
    udp = add(udp, moved(least(rest, flows?.get('udp'), take)));
    if (!isNothing(rest)) others.push({ name: `${row.name} ${row.reason}`, pid: 0, uid: 0, ...rest });
  }
  const lines = [{ name: 'unknown TCP', pid: 0, uid: 0, ...tcp }];
  if (!tcpOnly) lines.push({ name: 'unknown UDP', pid: 0, uid: 0, ...udp });
  return [...lines, ...others];
}

/** What flows moved, but not more than their row: bytes that were moved to their owner have left the row. */
function least(row: Amount, flows: (Totals & Rates) | undefined, take: Take): Amount {
  if (flows === undefined) return { sent: 0, received: 0 };
  const amount = take(flows);
  return { sent: Math.min(row.sent, amount.sent), received: Math.min(row.received, amount.received) };
}

function add(a: Amount, b: Amount): Amount {
  return { sent: a.sent + b.sent, received: a.received + b.received };
}

/** A difference without the noise of binary fractions, which would be a line of 1e-13 bytes. */
function minus(a: number, b: number): number {
  return a - b < 1e-6 ? 0 : a - b;
}

function isNothing({ sent, received }: Amount): boolean {
  return sent === 0 && received === 0;
}

/** Descending; equal lines stand processes first, by pid, then by name. */
function sortLines(lines: readonly Line[], bySent: boolean): Line[] {
  const [first, second] = bySent ? (['sent', 'received'] as const) : (['received', 'sent'] as const);
  const rank = (line: Line) => (line.pid === 0 ? Number.POSITIVE_INFINITY : line.pid);
  return [...lines].sort((a, b) => {
    const order = b[first] - a[first] || b[second] - a[second];
    if (order !== 0) return order;
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  });
}

/** Rates as nethogs prints them; totals without loss, where nethogs rounds to six digits. */
function lineText(line: Line, { of, divisor }: { readonly of: 'rate' | 'total'; readonly divisor: number }): string {
  const text = (value: number) => (of === 'rate' ? formatG(value / divisor) : String(value / divisor));
  return `${line.name}/${line.pid}/${line.uid}\t${text(line.sent)}\t${text(line.received)}`;
}

/** The busiest flows without an owner. */
function unknownConnections(model: Model): string[] {
  const lines: string[] = [];
  let left = 0;
  for (const row of model.owners.filter((each) => each.kind === 'unattributed')) {
    const flows = model.flowsOf(row.id, UNKNOWN_CONNECTIONS - lines.length);
    for (const flow of flows.filter((each) => WITH_PORTS.has(each.protocol))) {
      const { localAddress, localPort, remoteAddress, remotePort } = flow;
      lines.push(`Unknown connection: ${localAddress}:${localPort}-${remoteAddress}:${remotePort}`);
    }
    left += Math.max(0, row.connections - flows.filter((flow) => !flow.ended).length);
  }
  return left === 0 ? lines : [...lines, `Unknown connections not listed: ${left}`];
}
