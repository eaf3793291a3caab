// Owns: what the last look at the sockets says of the connection of a flow: its TCP state, its figures.
// Knows nothing of: when sockets are looked at. Only those with something in a queue are, and those that somebody asked for.
import { portPair } from '../native/socket-table.ts';
import type { FlowRow } from './model.ts';
import type { QueueModel } from './queue-row.ts';
import type { SocketReading } from './socket-reading.ts';

type Ends = Pick<SocketReading, 'protocol' | 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

const indices = new WeakMap<QueueModel, ReadonlyMap<string, SocketReading>>();

/** The TCP socket of this host at the local end of the flow; of an ended flow none, whose ports may be another's. */
export function socketOfFlow(queues: QueueModel | undefined, flow: FlowRow): SocketReading | undefined {
  if (queues === undefined || flow.protocol !== 'tcp' || flow.ended || flow.mirrored) return undefined;
  let index = indices.get(queues);
  if (index === undefined) {
    index = indexOf(queues);
    indices.set(queues, index);
  }
  return index.get(keyOf({ ...flow, protocol: 'tcp' }));
}

/** What a look at the sockets is asked for to find that of the flow; undefined: there is none. */
export function pairOf(flow: FlowRow): number | undefined {
  const { protocol, ended, mirrored, localPort, remotePort } = flow;
  return protocol === 'tcp' && !ended && !mirrored ? portPair(localPort, remotePort) : undefined;
}

function indexOf({ rows, quiet = [] }: QueueModel): ReadonlyMap<string, SocketReading> {
  const all = [...quiet, ...rows.map(({ socket }) => socket)];
  const own = all.filter(({ protocol, netns }) => protocol === 'tcp' && netns === undefined);
  return new Map(own.map((socket) => [keyOf(socket), socket]));
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
