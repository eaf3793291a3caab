// Owns: the table of internet sockets as text, in net-tools' layout.
// Knows nothing of: which sockets there are to show, and where names and owners come from.
import { sanitize } from '../base/sanitize.ts';
import { textWidth } from '../base/text-width.ts';
import type { SocketTable } from '../native/socket-table.ts';
import { type AddressForm, localText, remoteText } from './addresses.ts';
import type { OwnerIndex } from './owners.ts';
import { PROTOCOL } from './selection.ts';

export interface InetForm extends AddressForm {
  readonly extend: boolean;
  readonly timers: boolean;
  /** Undefined: no column for programs. */
  readonly owners: OwnerIndex | undefined;
  readonly numericUsers: boolean;
}

const TCP_STATES = [
  '',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
  'BOUND',
];
/** include/net/sctp/constants.h; a listening endpoint has TCP's number. */
const SCTP_STATES: Readonly<Record<number, string>> = {
  0: 'CLOSED',
  1: 'COOKIE_WAIT',
  2: 'COOKIE_ECHOED',
  3: 'ESTABLISHED',
  4: 'SHUTDOWN_PENDING',
  5: 'SHUTDOWN_SENT',
  6: 'SHUTDOWN_RECEIVED',
  7: 'SHUTDOWN_ACK_SENT',
  10: 'LISTEN',
};
const TIMERS = ['off', 'on', 'keepalive', 'timewait', 'probe'];

const NAMES: Readonly<Record<number, { readonly v4: string; readonly v6: string; readonly service: string }>> = {
  [PROTOCOL.tcp]: { v4: 'tcp', v6: 'tcp6', service: 'tcp' },
  [PROTOCOL.sctp]: { v4: 'sctp', v6: 'sctp', service: 'sctp' },
  [PROTOCOL.udp]: { v4: 'udp', v6: 'udp6', service: 'udp' },
  [PROTOCOL.udplite]: { v4: 'udpl', v6: 'udpl6', service: 'udplite' },
  [PROTOCOL.raw]: { v4: 'raw', v6: 'raw6', service: 'raw' },
};

export function protocolName({ inet }: SocketTable, row: number): string {
  const names = NAMES[inet.protocol[row] ?? 0];
  return (inet.family[row] === 6 ? names?.v6 : names?.v4) ?? 'unknown';
}

/** The word that /etc/services knows the protocol by. */
export function serviceProtocol({ inet }: SocketTable, row: number): string {
  return NAMES[inet.protocol[row] ?? 0]?.service ?? '';
}

/** A number outside the table is no index into something else: it says so. */
export function stateName({ inet }: SocketTable, row: number): string {
  const state = inet.state[row] ?? 0;
  switch (inet.protocol[row]) {
    case PROTOCOL.tcp:
      return TCP_STATES[state] ?? 'UNKNOWN';
    case PROTOCOL.sctp:
      return SCTP_STATES[state] ?? 'UNKNOWN';
    case PROTOCOL.raw:
      return String(state);
    default:
      return state === 1 ? 'ESTABLISHED' : state === 7 ? '' : 'UNKNOWN';
  }
}

export function timerName({ inet }: SocketTable, row: number): string {
  const timer = inet.timer[row] ?? 0;
  return TIMERS[timer] ?? `unkn-${timer}`;
}

/** `probe (4.06/0/0)`: what runs, seconds until it fires, retransmissions, probes. */
export function timerText(table: SocketTable, row: number): string {
  const { inet } = table;
  // Ticks of 10 ms, as /proc/net/tcp counts.
  const seconds = Math.floor((inet.expiresMs[row] ?? 0) / 10) / 100;
  return `${timerName(table, row)} (${seconds.toFixed(2)}/${inet.retries[row]}/${inet.probes[row]})`;
}

/** netstat says 0 for a listener's send queue; the kernel gives its limit there. */
export function sendQueue({ inet }: SocketTable, row: number): number {
  const listens =
    inet.state[row] === 10 && (inet.protocol[row] === PROTOCOL.tcp || inet.protocol[row] === PROTOCOL.sctp);
  return listens ? 0 : (inet.sendQueue[row] ?? 0);
}

const PROGRAM_HEADER = 'PID/Program name';

interface Widths {
  receive: number;
  send: number;
  local: number;
  remote: number;
  program: number;
}
const NET_TOOLS: Readonly<Widths> = { receive: 6, send: 6, local: 23, remote: 23, program: 20 };

/** Rows whose text is joined at once: short-lived pieces of a long table would be copied around by the collector. */
const CHUNK = 64;

/** Header and rows, each with its newline. net-tools' own width where everything fits, else as wide as it must be. */
export function renderInet(table: SocketTable, rows: readonly number[], form: InetForm): string {
  const needed: Widths = { ...NET_TOOLS };
  const spaces = table.namespaces.length > 0;
  const text = renderRows(table, rows, form, NET_TOOLS, needed);
  if (form.compat || Object.entries(NET_TOOLS).every(([name, width]) => needed[name as keyof Widths] === width)) {
    return header(NET_TOOLS, form, spaces) + text;
  }
  const widths = { ...needed };
  return header(widths, form, spaces) + renderRows(table, rows, form, widths, needed);
}

interface Layout {
  readonly widths: Readonly<Widths>;
  readonly needed: Widths;
  /** Of the row before. */
  program: string;
  paddedProgram: string;
}

/** Sets `needed` to the widths that the rows need, where they are more than it holds. */
function renderRows(
  table: SocketTable,
  rows: readonly number[],
  form: InetForm,
  widths: Readonly<Widths>,
  needed: Widths,
): string {
  const layout: Layout = { widths, needed, program: '', paddedProgram: ' '.repeat(widths.program + 1) };
  const chunks: string[] = [];
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(rowText(table, row, form, layout));
    if (lines.length < CHUNK) continue;
    chunks.push(lines.join(''));
    lines = [];
  }
  return chunks.join('') + lines.join('');
}

function rowText(table: SocketTable, row: number, form: InetForm, layout: Layout): string {
  const { widths, needed } = layout;
  const { inet } = table;
  const service = serviceProtocol(table, row);
  const local = localText(inet, row, service, form);
  const remote = remoteText(inet, row, service, form);
  if (local.length > needed.local) needed.local = local.length;
  if (remote.length > needed.remote) needed.remote = remote.length;
  const state = stateName(table, row);
  let text = `${PADDED[protocolName(table, row)]}${queuesText(table, row, widths, needed)}`;
  text += `${local.padEnd(widths.local)} ${remote.padEnd(widths.remote)} ${PADDED_STATES.get(state) ?? state.padEnd(11)}`;
  if (form.extend) text += extendText(table, row, form);
  if (form.owners) {
    const program = form.owners.columnOf(inet.inode[row] ?? 0, form.compat);
    if (program.length * 2 > needed.program) needed.program = Math.max(needed.program, textWidth(program));
    // Neighbours often belong to one process.
    if (program !== layout.program) {
      layout.program = program;
      layout.paddedProgram = ` ${padDisplay(program, widths.program)}`;
    }
    text += layout.paddedProgram;
  }
  if (form.timers) text += ` ${timerText(table, row)}`;
  return table.namespaces.length > 0 ? `${text} ${namespaceText(table, inet.namespace[row] ?? 0)}\n` : `${text}\n`;
}

/** The name that `ip netns` knows, else the inode; a dash is nettrace's own namespace. */
export function namespaceText({ namespaces }: Pick<SocketTable, 'namespaces'>, place: number): string {
  const space = namespaces[place];
  if (place === 0 || space === undefined) return '-';
  return sanitize(space.name) || String(space.inode);
}

const EMPTY = '     0      0 ';

/** Both queues with a blank behind each; nearly all are empty. */
function queuesText(table: SocketTable, row: number, widths: Readonly<Widths>, needed: Widths): string {
  const received = table.inet.receiveQueue[row] ?? 0;
  const sent = sendQueue(table, row);
  if (received === 0 && sent === 0 && widths.receive === 6 && widths.send === 6) return EMPTY;
  const [receive, send] = [String(received), String(sent)];
  if (receive.length > needed.receive) needed.receive = receive.length;
  if (send.length > needed.send) needed.send = send.length;
  return `${receive.padStart(widths.receive)} ${send.padStart(widths.send)} `;
}

const PADDED_STATES: ReadonlyMap<string, string> = new Map(TCP_STATES.map((state) => [state, state.padEnd(11)]));

function extendText({ inet }: SocketTable, row: number, form: InetForm): string {
  const uid = inet.uid[row] ?? 0;
  const user = (form.numericUsers ? undefined : form.names.user(uid)) ?? String(uid);
  return ` ${user.padEnd(10)} ${String(inet.inode[row]).padEnd(10)}`;
}

const PADDED: Readonly<Record<string, string>> = Object.fromEntries(
  [...Object.values(NAMES).flatMap(({ v4, v6 }) => [v4, v6]), 'unknown'].map((name) => [name, `${name.padEnd(5)} `]),
);

function header(widths: Readonly<Widths>, form: InetForm, spaces: boolean): string {
  const queues = `${'Recv-Q'.padStart(widths.receive)} ${'Send-Q'.padStart(widths.send)}`;
  const ends = `${'Local Address'.padEnd(widths.local)} ${'Foreign Address'.padEnd(widths.remote)}`;
  const extend = form.extend ? ' User       Inode     ' : '';
  const program = form.owners ? ` ${PROGRAM_HEADER.padEnd(widths.program)}` : '';
  return `Proto ${queues} ${ends} State      ${extend}${program}${form.timers ? ' Timer' : ''}${spaces ? ' Namespace' : ''}\n`;
}

const ASCII = /^[\x20-\x7e]*$/;

/** Names may hold characters that take two columns. */
export function padDisplay(text: string, width: number): string {
  if (ASCII.test(text)) return text.padEnd(width);
  const missing = width - textWidth(text);
  return missing > 0 ? text + ' '.repeat(missing) : text;
}
