// Owns: internet sockets in the form of netstat on BSD and macOS.
// Knows nothing of: other BSD tables, which Linux has nothing to fill with.
import { isUnspecified } from '../base/ip-text.ts';
import type { SocketTable } from '../native/socket-table.ts';
import { type AddressForm, localEndpoint, remoteEndpoint } from './addresses.ts';
import { sendQueue, serviceProtocol, stateName } from './inet-text.ts';
import type { OwnerIndex } from './owners.ts';
import { PROTOCOL } from './selection.ts';

export interface BsdForm extends AddressForm {
  readonly all: boolean;
  readonly programs: boolean;
  readonly owners: OwnerIndex | undefined;
}

const LISTEN = 10;
const V6_ONLY = 1;

/** A dot before the port, `*.*` for anything, tcp46 for a socket that takes both families. */
export function renderBsd(table: SocketTable, rows: readonly number[], form: BsdForm): string {
  const { inet } = table;
  const lines = rows.map((row) => {
    const service = serviceProtocol(table, row);
    const whole = { ...form, compat: false };
    const local = endpoint(localEndpoint(inet, row, service, whole), isUnspecified(inet.local, row * 16));
    const remote = endpoint(remoteEndpoint(inet, row, service, whole), isUnspecified(inet.remote, row * 16));
    const state =
      inet.protocol[row] === PROTOCOL.tcp || inet.protocol[row] === PROTOCOL.sctp ? stateName(table, row) : '';
    return { row, local, remote, state };
  });
  const width = lines.reduce((widest, { local, remote }) => Math.max(widest, local.length, remote.length), 22);
  const program = form.programs ? ' process:pid' : '';
  const head = `Proto Recv-Q Send-Q  ${'Local Address'.padEnd(width)} ${'Foreign Address'.padEnd(width)} (state)${program}`;
  const body = lines.map(({ row, local, remote, state }) => {
    const queues = `${String(inet.receiveQueue[row]).padStart(6)} ${String(sendQueue(table, row)).padStart(6)}`;
    const owner = form.programs ? ` ${programs(form.owners, inet.inode[row] ?? 0)}` : '';
    const line = `${protocol(table, row).padEnd(5)} ${queues}  ${local.padEnd(width)} ${remote.padEnd(width)} ${state.padEnd(owner === '' ? 0 : 11)}${owner}`;
    return line.trimEnd();
  });
  const title = `Active Internet connections${form.all ? ' (including servers)' : ''}`;
  return `${[title, head, ...body].join('\n')}\n`;
}

function endpoint({ host, port }: { readonly host: string; readonly port: string }, wildcard: boolean): string {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  return `${wildcard ? '*' : bare}.${port}`;
}

function protocol({ inet }: SocketTable, row: number): string {
  const names: Readonly<Record<number, string>> = {
    [PROTOCOL.tcp]: 'tcp',
    [PROTOCOL.udp]: 'udp',
    [PROTOCOL.udplite]: 'udpl',
    [PROTOCOL.sctp]: 'sctp',
    [PROTOCOL.raw]: 'ip',
  };
  const name = names[inet.protocol[row] ?? 0] ?? 'ip';
  if (inet.family[row] === 4) return `${name}4`;
  const both = ((inet.flags[row] ?? 0) & V6_ONLY) === 0 && isUnspecified(inet.local, row * 16);
  return `${name}${both && (inet.state[row] === LISTEN || name === 'udp') ? '46' : '6'}`;
}

function programs(owners: OwnerIndex | undefined, inode: number): string {
  const found = owners?.ownersOf(inode) ?? [];
  return found.length === 0 ? '-' : found.map(({ pid, program }) => `${program}:${pid}`).join(',');
}
