// Owns: the JSON Schema of `--json`, made from the field table; docs/json.schema.json is its text, and the API's document
// (src/app/serve/openapi.ts) has its parts.
// Knows nothing of: how a line is written, which is what the schema is there to check.
import { count, each, list, number, object, orNull, type Schema, share, text, time } from '../base/schema-parts.ts';
import type { Field } from '../model/field.ts';
import { FLOW_FIELDS, OWNER_FIELDS, SHARE_FIELDS, TRAFFIC_FIELDS } from '../model/fields.ts';
import { INTERFACE_FIELDS } from '../model/interface-fields.ts';
import { ENGINE_STATES, OWNER_KINDS, OWNERSHIPS } from '../model/labels.ts';
import { QUEUE_FIELDS } from '../model/queue-fields.ts';

/** Properties for the keys of a table of fields. */
function properties<Row>(fields: readonly Field<Row>[]): Record<string, Schema> {
  return Object.fromEntries(fields.map((field) => [field.jsonKey, fieldSchema(field)]));
}

function fieldSchema<Row>(field: Field<Row>): Schema {
  const value = valueSchema(field);
  return { description: field.description, ...(field.optional ? orNull(value) : value) };
}

function valueSchema<Row>({ unit, labels }: Field<Row>): Schema {
  switch (unit) {
    case 'share':
      return { type: 'number', minimum: 0 };
    case 'text':
      return text;
    case 'label':
      return { enum: labels };
    case 'flag':
      return { type: 'boolean' };
    case 'rate':
      return number;
    case 'time':
      return orNull(time);
    default:
      return count;
  }
}

const bothWays = object(each(['sentBytes', 'receivedBytes'], count));
const difference = object(each(['sentBytes', 'receivedBytes'], { type: 'integer' }));

const ledger = object(
  {
    parts: list(
      object({
        kind: { enum: OWNER_KINDS },
        reason: orNull(text),
        reasonText: orNull(text),
        ...each(['sentBytes', 'receivedBytes'], count),
      }),
      'Wire bytes by what owns them: all processes, and each reason',
    ),
    wire: { ...bothWays, description: 'The sum of the parts: captured and recovered' },
    repeated: { ...bothWays, description: "Of the processes' part: counted in their totals on another interface" },
    segmentHeaders: { ...bothWays, description: 'Headers that segmentation adds on the wire, not in the counters' },
    cut: {
      description: 'The moment of comparison with the counters of the interface; null before the first',
      ...orNull(
        object({
          ageMs: number,
          counter: bothWays,
          counted: bothWays,
          dropped: bothWays,
          residual: difference,
          covered: orNull(share),
        }),
      ),
    },
  },
  'The books: as the interface sees it, in bytes',
);

const totals = each(['sentTotal', 'receivedTotal', 'sentPackets', 'receivedPackets'], count);

const host = object(
  {
    hostname: text,
    uptimeSeconds: number,
    cpus: orNull(
      list(
        object({
          id: count,
          online: { type: 'boolean' },
          absent: { type: 'boolean' },
          ...each(['nice', 'user', 'system', 'irq', 'softirq', 'steal', 'guest', 'iowait'], share),
        }),
      ),
    ),
    cpuCount: count,
    load: { type: 'array', items: number, minItems: 3, maxItems: 3 },
    memory: object(each(['total', 'used', 'shared', 'compressed', 'buffers', 'cache', 'available'], count)),
    swap: object(each(['total', 'used', 'cache', 'compressed'], count)),
    tasks: object({
      ...each(['total', 'running'], count),
      ...each(['processes', 'userThreads', 'kernelThreads'], orNull(count)),
    }),
    pressure: orNull(object(each(['cpu', 'memory', 'io'], orNull(number)))),
    limits: orNull(object(each(['memoryMax', 'memoryCurrent', 'swapMax', 'swapCurrent', 'cpus'], orNull(number)))),
    nodes: list(object({ id: count, cpus: list(count) })),
    siblings: list(list(count)),
  },
  'The host: sizes in bytes, shares of one CPU from 0 to 1',
);

const slow = object(
  {
    cause: { enum: ['peer-window', 'send-buffer', 'loss', 'queueing', 'path', 'application', 'idle'] },
    text,
    also: list(text),
    ...each(['busyShare', 'windowLimitedShare', 'bufferLimitedShare', 'retransmittedShare'], orNull(share)),
    retransmittedBytes: count,
    ...each(['rttMs', 'minRttMs', 'deliveryRate'], orNull(number)),
  },
  'What limits the connection, over the last two seconds where it sent anything in them',
);

const queues = object({
  raised: { ...count, description: 'Queues that pile up' },
  looked: { ...count, description: 'Sockets that were looked at' },
  leftOut: { ...count, description: 'Small queues that were not looked into' },
  queues: list(
    object({
      ...properties(QUEUE_FIELDS),
      changeRate: { description: 'Growth a second, negative where it drains', ...orNull({ type: 'number' }) },
      owners: list(object({ pid: count, name: text }), 'Processes that have the socket'),
      slow: orNull(slow),
    }),
  ),
});

/** A row of `connections`. */
export const CONNECTION_SCHEMA: Schema = object(properties(FLOW_FIELDS));

/** One refresh, by its keys. */
export const REFRESH_SCHEMAS = {
  type: { const: 'refresh' },
  version: { const: 2 },
  time,
  intervalMs: { ...number, description: 'Monotonic time since the line before; 0 in the first' },
  elapsedMs: { ...number, description: 'Time since nettrace started' },
  engineState: { enum: ENGINE_STATES },
  ownership: { enum: OWNERSHIPS, description: 'How owners are found' },
  light: { type: 'boolean', description: 'Whether the socket meter counts alone and nothing is captured' },
  covered: {
    ...orNull(share),
    description: "Share of the bytes in the interfaces' own counters that has an owner or a stated reason",
  },
  interfaces: list(
    object({
      ...properties(INTERFACE_FIELDS),
      addresses: list(text),
      outcomes: list(object({ label: text, text, frames: count }), 'Frames by the way decoding ended, other than ok'),
      ledger,
    }),
    'Every interface that is watched, the last 16 that are gone, and all that went before as `(gone earlier)`',
  ),
  processes: list(
    object({
      ...properties(OWNER_FIELDS),
      interfaces: list(object(properties(SHARE_FIELDS))),
      slow: {
        description: 'What limits its connections that have something to send, all together; null where none has',
        ...orNull(slow),
      },
    }),
    'Every owner of bytes: processes, and bytes without one with their reason',
  ),
  exitedEarlier: object(
    {
      ...totals,
      interfaces: list(object({ name: text, ...each(['mirrored', 'repeated'], { type: 'boolean' }), ...totals })),
    },
    'What processes moved that have ended and are no longer listed',
  ),
  total: object(properties(TRAFFIC_FIELDS), 'The sum of all owners: what crosses several interfaces counts once'),
  connections: {
    description: 'Connections and other flows, ended ones for 60 s more with `ended` true; null without --connections',
    ...orNull(list(CONNECTION_SCHEMA)),
  },
  host,
  queues: {
    description: 'Queues of sockets that pile up, as they were looked at last; null before that, and for a file',
    ...orNull(queues),
  },
  drops: object(each(['kernel', 'interface', 'table'], count), 'Packets that were not counted, or not to a flow'),
  lost: object(each(['records', 'bytes'], count), 'What the socket meter had no room for'),
  attribution: object(
    each(['flowsLive', 'flowCapacity', 'flowsEvicted', 'lookups', 'lookupsDeferred', 'queue', 'meteredSockets'], count),
    'The work of finding owners',
  ),
  faults: list(object({ code: text, text }), 'What is degraded right now'),
  self: object({ cpu: orNull(number), rssBytes: count }, 'What nettrace costs: share of one CPU, resident bytes'),
};

/** The schema of one line. */
export const JSON_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A line of nettrace --json',
  ...object(REFRESH_SCHEMAS),
};
