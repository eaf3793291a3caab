// Owns: one refresh as a plain text table: interfaces, processes, connections, and what is wrong.
// Knows nothing of: terminals and time. Written once, it is never redrawn.
import { formatRate, formatSize, quantityText, type UnitMode } from '../base/units.ts';
import type { FlowRow, InterfaceRow, Model, OwnerRow, Rates, Totals } from '../model/model.ts';
import { orderOwners } from '../model/order.ts';
import { programName } from '../model/program-name.ts';
import { ledgerText } from '../view/ledger-share.ts';
import { type Column, renderColumns } from './text-columns.ts';

export interface TableOptions {
  readonly units: UnitMode;
  readonly unicode: boolean;
  readonly sortSent: boolean;
  readonly commandLine: boolean;
  readonly basename: boolean;
  /** Cells of a line; undefined: as many as needed. */
  readonly columns: number | undefined;
}

type Moved = Totals & Rates;

const LEAST_PROGRAM = 12;

export function renderTable(model: Model, options: TableOptions): string {
  const rated = model.total.sentRate !== undefined;
  const owners = orderOwners(model.owners, `${options.sortSent ? 'sent' : 'received'}${rated ? 'Rate' : 'Bytes'}`);
  const flows = sortFlows(model.flows ?? [], options.sortSent);
  const parts = [
    renderColumns(model.interfaces.map(wholeRow), interfaceColumns(model, options), options.unicode),
    renderColumns(owners, ownerColumns(model, options), options.unicode),
    renderColumns(flows, flowColumns(model, options), options.unicode),
    notes(model),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

type InterfaceLine = Moved & Pick<InterfaceRow, 'name' | 'ledger'>;

/** With what was recovered, so that the rows below it are all there. */
function wholeRow(row: InterfaceRow): InterfaceLine {
  return { ...row, ...row.ledger.wire };
}

/** The ledger only where there is one: a file has none. */
function interfaceColumns(model: Model, options: TableOptions): readonly Column<InterfaceLine>[] {
  const ledger = right<InterfaceLine>('LEDGER', ({ ledger: { cut } }) =>
    cut?.covered === undefined ? '-' : ledgerText(cut.covered),
  );
  const name = left<InterfaceLine>('INTERFACE', (row) => row.name);
  return [name, ...moved(model, options), ...(model.covered === undefined ? [] : [ledger])];
}

function ownerColumns(model: Model, options: TableOptions): readonly Column<OwnerRow>[] {
  const room = options.columns ?? Number.POSITIVE_INFINITY;
  return [
    { ...right('PID', (row: OwnerRow) => String(row.pid ?? '-')), sum: 'TOTAL' },
    left('USER', (row) => row.user || '-'),
    { ...left('PROGRAM', (row: OwnerRow) => programText(row, options)), flexible: { room, least: LEAST_PROGRAM } },
    left('DEV', devices),
    ...moved(model, options, model.total),
  ];
}

function programText(row: OwnerRow, options: TableOptions): string {
  if (row.kind !== 'process' || row.pid === undefined) {
    return row.reasonText === '' ? row.name : `${row.name}: ${row.reasonText}`;
  }
  return row.state === 'exited' ? `${programName(row, options)} (exited)` : programName(row, options);
}

/** The busiest interface, and how many more; not those that repeat its bytes. */
function devices(row: OwnerRow): string {
  const counted = row.interfaces.filter((share) => !share.repeated);
  const [first = row.interfaces[0]?.name ?? '-', ...others] = new Set(counted.map((share) => share.name));
  return others.length > 0 ? `${first}+${others.length}` : first;
}

function flowColumns(model: Model, options: TableOptions): readonly Column<FlowRow>[] {
  const pids = new Map(model.owners.map((owner) => [owner.id, owner.pid]));
  return [
    right('PID', (flow) => String(pids.get(flow.ownerId) ?? '-')),
    left('PROTOCOL', (flow) => flow.protocol),
    left('LOCAL', (flow) => endpoint(flow.localAddress, flow.localPort)),
    left('REMOTE', remoteText),
    left('DEV', (flow) => flow.interfaceName),
    ...moved(model, options),
  ];
}

/** The name first, as on the screen; the address is what it was counted by. */
function remoteText(flow: FlowRow): string {
  if (flow.remoteName === undefined) return endpoint(flow.remoteAddress, flow.remotePort);
  return `${endpoint(flow.remoteName, flow.remotePort)} ${flow.remoteAddress}`;
}

function endpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** SENT left of RECEIVED, as in nethogs; rates only where there are any (a file has none). */
function moved(model: Model, options: TableOptions, sums?: Moved): readonly Column<Moved>[] {
  const rate = (of: (row: Moved) => number | undefined) => (row: Moved) =>
    quantityText(formatRate(of(row) ?? Number.NaN, options.units));
  const size = (of: (row: Moved) => number) => (row: Moved) => quantityText(formatSize(of(row), options.units));
  const columns = [
    ...(model.total.sentRate === undefined
      ? []
      : [
          right(
            'SENT/s',
            rate((row) => row.sentRate),
          ),
        ]),
    ...(model.total.receivedRate === undefined
      ? []
      : [
          right(
            'RECV/s',
            rate((row) => row.receivedRate),
          ),
        ]),
    right(
      'SENT',
      size((row) => row.sentBytes),
    ),
    right(
      'RECEIVED',
      size((row) => row.receivedBytes),
    ),
  ];
  return sums ? columns.map((column) => ({ ...column, sum: column.text(sums) })) : columns;
}

/** By rate, then by total; equal rows stay as they came. */
function sortFlows(flows: readonly FlowRow[], bySent: boolean): readonly FlowRow[] {
  const rate = (flow: FlowRow) => (bySent ? flow.sentRate : flow.receivedRate) ?? 0;
  const size = (flow: FlowRow) => (bySent ? flow.sentBytes : flow.receivedBytes);
  const both = (flow: FlowRow) => flow.sentBytes + flow.receivedBytes;
  return [...flows].sort((a, b) => rate(b) - rate(a) || size(b) - size(a) || both(b) - both(a));
}

function notes(model: Model): string {
  const { kernel, interface: device, table } = model.drops;
  const drops = [
    kernel > 0 ? `${kernel} packets dropped by the kernel` : '',
    device > 0 ? `${device} dropped by devices` : '',
    table > 0 ? `${table} without a place in the flow table` : '',
  ].filter((text) => text !== '');
  const undecoded = model.interfaces.filter((row) => !row.decoded && row.frames > 0);
  const lines = [
    ...undecoded.map((row) => `${row.name}: link type ${row.linkType} is not decoded, its bytes have no owner.`),
    ...(model.lost.records > 0 ? [`${model.lost.records} records of the count by socket were lost.`] : []),
    ...(drops.length > 0 ? [`Not complete: ${drops.join(', ')}.`] : []),
    ...model.faults.map((fault) => fault.text),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function left<R>(title: string, text: (row: R) => string): Column<R> {
  return { title, align: 'left', text };
}

function right<R>(title: string, text: (row: R) => string): Column<R> {
  return { title, align: 'right', text };
}
