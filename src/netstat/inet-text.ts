// Owns: the table of internet sockets as text, in net-tools' layout.
// Knows nothing of: which sockets there are to show, and where names and owners come from.
import { textWidth } from '../base/text-width.ts';
import type { SocketTable } from '../native/socket-table.ts';
import { type AddressForm, joinEndpoint, localEndpoint, remoteEndpoint } from './addresses.ts';
import type { OwnerIndex } from './owners.ts';
import { PROTOCOL } from './selection.ts';

export interface InetForm extends AddressForm {
  readonly wide: boolean;
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
  readonly receive: number;
  readonly send: number;
  readonly local: number;
  readonly remote: number;
  readonly program: number;
}
const NET_TOOLS: Widths = { receive: 6, send: 6, local: 23, remote: 23, program: 20 };

interface Row {
  readonly proto: string;
  readonly tcp: boolean;
  readonly receive: string;
  readonly send: string;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly rest: string;
  readonly program: string;
  readonly timer: string;
}

/** Header and rows, each with its newline. net-tools' own width where everything fits, else as wide as it must be. */
export function renderInet(table: SocketTable, rows: readonly number[], form: InetForm): string {
  const made = rows.map((row) => makeRow(table, row, form));
  const widths = form.compat ? NET_TOOLS : widthsOf(made);
  let text = header(widths, form);
  for (const row of made) text += rowText(row, widths, form);
  return text;
}

function makeRow(table: SocketTable, row: number, form: InetForm): Row {
  const { inet } = table;
  const service = serviceProtocol(table, row);
  const cut = form.compat && !form.wide;
  const uid = inet.uid[row] ?? 0;
  const inode = inet.inode[row] ?? 0;
  const user = form.extend ? ((form.numericUsers ? undefined : form.names.user(uid)) ?? String(uid)) : '';
  return {
    proto: protocolName(table, row),
    tcp: inet.protocol[row] === PROTOCOL.tcp,
    receive: String(inet.receiveQueue[row]),
    send: String(sendQueue(table, row)),
    local: joinEndpoint(localEndpoint(inet, row, service, form), cut),
    remote: joinEndpoint(remoteEndpoint(inet, row, service, form), cut),
    state: stateName(table, row),
    rest: form.extend ? ` ${user.padEnd(10)} ${String(inode).padEnd(10)}` : '',
    program: form.owners?.columnOf(inode, form.compat) ?? '',
    timer: form.timers ? ` ${timerText(table, row)}` : '',
  };
}

function widthsOf(rows: readonly Row[]): Widths {
  let { receive, send, local, remote, program } = NET_TOOLS;
  for (const row of rows) {
    receive = Math.max(receive, row.receive.length);
    send = Math.max(send, row.send.length);
    local = Math.max(local, row.local.length);
    remote = Math.max(remote, row.remote.length);
    if (row.program.length > program / 2) program = Math.max(program, textWidth(row.program));
  }
  return { receive, send, local, remote, program };
}

function header(widths: Widths, form: InetForm): string {
  const queues = `${'Recv-Q'.padStart(widths.receive)} ${'Send-Q'.padStart(widths.send)}`;
  const ends = `${'Local Address'.padEnd(widths.local)} ${'Foreign Address'.padEnd(widths.remote)}`;
  const extend = form.extend ? ' User       Inode     ' : '';
  const program = form.owners ? ` ${PROGRAM_HEADER.padEnd(widths.program)}` : '';
  return `Proto ${queues} ${ends} State      ${extend}${program}${form.timers ? ' Timer' : ''}\n`;
}

function rowText(row: Row, widths: Widths, form: InetForm): string {
  const queues = `${row.receive.padStart(widths.receive)} ${row.send.padStart(widths.send)}`;
  const ends = `${row.local.padEnd(widths.local)} ${row.remote.padEnd(widths.remote)}`;
  const program = form.owners ? ` ${padDisplay(row.program, widths.program)}` : '';
  return `${row.proto.padEnd(5)} ${queues} ${ends} ${row.state.padEnd(11)}${row.rest}${program}${row.timer}\n`;
}

/** Names may hold characters that take two columns. */
export function padDisplay(text: string, width: number): string {
  if (text.length * 2 <= width) return text.padEnd(width + text.length - textWidth(text));
  const missing = width - textWidth(text);
  return missing > 0 ? text + ' '.repeat(missing) : text;
}
