// Owns: queues as rows of a list: in which order people look for them, their fields with their owners, and filter words.
// Knows nothing of: screens.
import { type Field, field } from './field.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import { QUEUE_FIELDS, QUEUE_TRENDS } from './queue-fields.ts';
import type { QueueModel, QueueRow } from './queue-row.ts';
import { QUEUE_NAMES, queueTrend } from './queue-texts.ts';

/** A socket may have two queues that are not empty. */
export function queueKey({ kind, socket }: QueueRow): string {
  return `${kind} ${socket.key}`;
}

/** What piles up; listeners, those with somebody waiting first; then the other queues, the largest first. */
export function listedQueues({ rows }: QueueModel): readonly QueueRow[] {
  const place = (row: QueueRow) => (row.raised ? 0 : row.kind !== 'accept' ? 3 : row.size > 0 ? 1 : 2);
  return [0, 1, 2, 3].flatMap((wanted) => rows.filter((row) => place(row) === wanted));
}

const none = { optional: true } as const;

export const QUEUE_LIST_FIELDS: readonly Field<QueueRow>[] = [
  ...QUEUE_FIELDS,
  field('name', 'PROCESS', 'text', 'name', (r) => r.owners[0]?.name, 'Name of the process that has it', none),
  field('pid', 'PID', 'id', 'pid', (r) => r.owners[0]?.pid, 'Process id', none),
];

const SHOWN_KINDS = { accept: 'backlog', receive: 'recv-q', send: 'send-q' } as const;
const KIND_WORDS = Object.entries(SHOWN_KINDS).flat();

export const QUEUE_VOCABULARY: Vocabulary<QueueRow> = {
  fields: [
    { names: ['name'], unit: 'text', values: (row) => row.owners.map(({ name }) => name) },
    { names: ['pid'], unit: 'id', values: (row) => row.owners.map(({ pid }) => pid) },
    { names: ['for'], unit: 'ms', values: (row) => [row.forMs] },
    { names: ['recv-q'], unit: 'bytes', values: (row) => [row.socket.receiveQueue] },
    { names: ['send-q'], unit: 'bytes', values: (row) => [row.socket.sendQueue] },
    // As the columns have them: what is said of a queue in JSON has other words, and a trend where it is empty too.
    { names: ['kind', 'queue'], unit: 'label', labels: KIND_WORDS, values: ({ kind }) => [kind, SHOWN_KINDS[kind]] },
    { names: ['trend'], unit: 'label', labels: QUEUE_TRENDS, values: (row) => [queueTrend(row)] },
    ...filterFields(QUEUE_LIST_FIELDS),
  ],
  text: (row) => {
    const { socket, owners, kind, causeText } = row;
    return [
      QUEUE_NAMES[kind],
      socket.protocol,
      socket.state,
      `${socket.localAddress}:${socket.localPort}`,
      `${socket.remoteAddress}:${socket.remotePort}`,
      causeText,
      queueTrend(row) ?? '',
      ...owners.map(({ name, pid }) => `${name} ${pid}`),
    ].join('\n');
  },
  examples: 'name, pid, user, port, remote, proto, state, kind, cause, size, for, trend, raised, send-q, recv-q',
};

/** The row that stands for several: bytes are added up, and so are connections that wait where all are such. */
export function mergeQueues(rows: readonly QueueRow[]): QueueRow {
  const [first] = rows;
  if (first === undefined) throw new Error('a group has rows');
  const bytes = rows.filter((row) => row.kind !== 'accept');
  const counted = bytes.length === 0 ? rows : bytes;
  const sum = (of: (row: QueueRow) => number) => counted.reduce((total, row) => total + of(row), 0);
  const drained = counted.filter((row) => row.drainRate !== undefined);
  return {
    ...first,
    kind: bytes.length === 0 ? 'accept' : (bytes[0]?.kind ?? 'send'),
    owners: [],
    user: undefined,
    size: sum((row) => row.size),
    // Backlogs of several listeners are no limit of anything.
    limit: rows.length === 1 ? first.limit : undefined,
    forMs: Math.max(...rows.map((row) => row.forMs)),
    changeRate: undefined,
    drainRate: drained.length === 0 ? undefined : sum((row) => row.drainRate ?? 0),
    cause: undefined,
    causeText: '',
    causePhrase: '',
    raised: rows.some((row) => row.raised),
    before: undefined,
    slow: undefined,
  };
}
