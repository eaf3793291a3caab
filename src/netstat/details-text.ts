// Owns: internet sockets with what ss tells of them: the limit of a queue, round trips, losses, windows, memory.
// Knows nothing of: which sockets there are to show.
import type { SocketTable } from '../native/socket-table.ts';
import { deviceOf, localText, remoteText } from './addresses.ts';
import {
  type InetForm,
  padDisplay,
  protocolName,
  sendQueue,
  serviceProtocol,
  stateName,
  timerText,
} from './inet-text.ts';
import { PROTOCOL } from './selection.ts';
import { congestionName } from './socket-records.ts';

const LISTEN = 10;
/** tcpi_snd_ssthresh where slow start has no limit yet (TCP_INFINITE_SSTHRESH). */
const NO_THRESHOLD = 0x7fffffff;
const NO_RTT = 0xffffffff;

const HEAD = ['Proto', 'Recv-Q', 'Send-Q', 'Local Address', 'Foreign Address', 'State'];
const RIGHT = [false, true, true, false, false, false];

/** A row as netstat's, a listener's queue as `3/2` (now/limit), then what is known of it as `name:value`. */
export function renderDetails(table: SocketTable, rows: readonly number[], form: InetForm): string {
  const lines = rows.map((row) => ({ cells: cellsOf(table, row, form), facts: factsOf(table, row, form).join(' ') }));
  const widths = HEAD.map((title, at) =>
    lines.reduce((width, { cells }) => Math.max(width, cells[at]?.length ?? 0), title.length),
  );
  const place = (cell: string, at: number) =>
    RIGHT[at] ? cell.padStart(widths[at] ?? 0) : padDisplay(cell, widths[at] ?? 0);
  const text = lines.map(({ cells, facts }) => `${cells.map(place).join(' ')} ${facts}`.trimEnd());
  return `${[`${HEAD.map(place).join(' ')} Details`, ...text].join('\n')}\n`;
}

function cellsOf(table: SocketTable, row: number, form: InetForm): readonly string[] {
  const { inet } = table;
  const service = serviceProtocol(table, row);
  const whole = { ...form, wide: true };
  const listens = inet.state[row] === LISTEN && inet.protocol[row] === PROTOCOL.tcp;
  return [
    protocolName(table, row),
    listens ? `${inet.receiveQueue[row]}/${inet.sendQueue[row]}` : String(inet.receiveQueue[row]),
    String(sendQueue(table, row)),
    localText(inet, row, service, whole),
    remoteText(inet, row, service, whole),
    stateName(table, row),
  ];
}

function factsOf(table: SocketTable, row: number, form: InetForm): readonly string[] {
  const { inet } = table;
  const facts: string[] = [];
  if (form.owners) facts.push(form.owners.columnOf(inet.inode[row] ?? 0, false));
  if (form.extend) facts.push(`uid:${inet.uid[row]} inode:${inet.inode[row]} cookie:${inet.cookie[row]}`);
  const device = deviceOf(inet, row, form.names);
  if (device !== undefined) facts.push(`dev:${device}`);
  if (inet.state[row] === LISTEN && (inet.receiveQueue[row] ?? 0) > (inet.sendQueue[row] ?? 0))
    facts.push('backlog-full');
  if ((inet.timer[row] ?? 0) !== 0) facts.push(`timer:${timerText(table, row).replace(' ', '')}`);
  if (table.tcpInfo.known[row] === 1 && inet.state[row] !== LISTEN) facts.push(...tcpFacts(table, row));
  facts.push(...memoryFacts(table, row));
  return facts;
}

function tcpFacts(table: SocketTable, row: number): readonly string[] {
  const t = table.tcpInfo;
  const at = (column: ArrayLike<number>) => column[row] ?? 0;
  const ms = (column: ArrayLike<number>) => (at(column) / 1000).toFixed(3).replace(/\.?0+$/, '');
  const some = (name: string, column: ArrayLike<number>) => (at(column) === 0 ? [] : [`${name}:${at(column)}`]);
  const busy = at(t.busy);
  const limited = (name: string, column: ArrayLike<number>) =>
    busy === 0 || at(column) === 0
      ? []
      : [`${name}:${Math.round(at(column) / 1000)}ms(${((100 * at(column)) / busy).toFixed(1)}%)`];
  const name = congestionName(table, row);
  return [
    ...(name === null ? [] : [name]),
    ...(at(t.rtt) === 0 ? [] : [`rtt:${ms(t.rtt)}/${ms(t.rttVariance)}ms`]),
    ...(at(t.minRtt) === 0 || at(t.minRtt) === NO_RTT ? [] : [`minrtt:${ms(t.minRtt)}ms`]),
    `rto:${ms(t.rto)}ms`,
    `cwnd:${at(t.congestionWindow)}`,
    ...(at(t.slowStartThreshold) === NO_THRESHOLD ? [] : [`ssthresh:${at(t.slowStartThreshold)}`]),
    `mss:${at(t.sendMss)}`,
    ...(at(t.retransmits) === 0 ? [] : [`retrans:${at(t.retransmitting)}/${at(t.retransmits)}`]),
    ...some('bytes_retrans', t.bytesRetransmitted),
    ...some('backoff', t.backoff),
    ...some('unacked', t.unacked),
    ...some('lost', t.lost),
    ...some('sacked', t.sacked),
    ...some('sent', t.bytesSent),
    ...some('acked', t.bytesAcked),
    ...some('received', t.bytesReceived),
    ...some('notsent', t.notSent),
    ...(at(t.rtt) === 0 ? [] : [`snd_wnd:${at(t.sendWindow)}`]),
    ...(busy === 0 ? [] : [`busy:${Math.round(busy / 1000)}ms`]),
    ...limited('rwnd_limited', t.receiveWindowLimited),
    ...limited('sndbuf_limited', t.sendBufferLimited),
  ];
}

function memoryFacts({ memory, inet }: SocketTable, row: number): readonly string[] {
  if (memory.receiveBuffer.length <= row) return [];
  const at = (column: ArrayLike<number>) => column[row] ?? 0;
  const facts = [
    `rmem:${at(memory.receiveAllocated)}/${at(memory.receiveBuffer)}`,
    `wmem:${at(memory.sendQueued)}/${at(memory.sendBuffer)}`,
  ];
  if ((inet.drops[row] ?? 0) > 0) facts.push(`drops:${inet.drops[row]}`);
  // The kernel keeps no books for what nobody holds any more, such as TIME_WAIT.
  return at(memory.receiveBuffer) === 0 ? facts.slice(2) : facts;
}
