// Owns: what the words on the pages of sockets, routes and protocol counters mean, for the help.
// Knows nothing of: the pages themselves.
import type { Word } from './help-words.ts';

export const QUEUE_WORDS: readonly Word[] = [
  {
    name: 'backlog',
    text: 'of a listener: connections that nobody has accepted yet / the most that may wait, less one',
  },
  { name: 'Recv-Q', text: 'bytes that the program has not read' },
  { name: 'Send-Q', text: 'bytes that the peer has not acknowledged, sent or not' },
  { name: 'FOR', text: 'how long the queue has not been empty, as far as nettrace watched it' },
  { name: 'TREND', text: 'over the last two seconds' },
  { name: 'OUT/s', text: 'bytes that left the queue a second: read by the program, or acknowledged by the peer' },
  { name: 'listeners', text: 'stand below what piles up; of many idle ones the first, Enter unfolds the others' },
  { name: '!', text: 'it piles up; thresholds: --queue-after, --queue-delay, --queue-bytes, --queue-loss' },
  {
    name: 'WHY',
    text: 'whose fault it is, from the counters of the connection (tcp_info); docs/queues.md has the rules',
  },
];

export const STATISTIC_WORDS: readonly Word[] = [
  { name: '!', text: 'a counter that should stand still and moved since nettrace was started: these stand first' },
  { name: 'A SEC', text: 'what was added a second since the last refresh' },
  { name: 'STARTED', text: 'what was added since nettrace was started' },
  { name: 'BOOT', text: 'the counter itself, of this network namespace' },
  { name: 'quiet', text: 'counters that have not moved since nettrace was started; Enter unfolds them' },
];

export const ROUTE_WORDS: readonly Word[] = [
  { name: 'TABLE', text: 'family and routing table; of table local, the addresses of this host, Enter unfolds all' },
  { name: 'TYPE', text: 'unicast, or what becomes of a packet: blackhole, unreachable, prohibit, throw, local ...' },
  { name: 'VIA', text: 'the next router; of several ways each has a row' },
  { name: 'METRIC', text: 'of several routes to one destination the smallest is taken' },
  { name: 'FROM', text: 'who made the route: kernel, dhcp, static, a routing daemon ...' },
  { name: 'SOURCE', text: 'the address that packets get which have none yet' },
];
