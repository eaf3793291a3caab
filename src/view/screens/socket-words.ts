// Owns: what the words on the sockets page mean, for the help.
// Knows nothing of: the page itself.
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
  { name: '!', text: 'it piles up; thresholds: --queue-after, --queue-delay, --queue-bytes, --queue-loss' },
  {
    name: 'WHY',
    text: 'whose fault it is, from the counters of the connection (tcp_info); docs/queues.md has the rules',
  },
];
