// Owns: the JSON Schema of `--json`, made from the field table; docs/json.schema.json is its text.
// Knows nothing of: how a line is written, which is what the schema is there to check.
import {
  type Field,
  FLOW_FIELDS,
  INTERFACE_FIELDS,
  OWNER_FIELDS,
  SHARE_FIELDS,
  TRAFFIC_FIELDS,
} from '../../src/model/fields.ts';
import { ENGINE_STATES } from '../../src/native/schema.ts';

type Schema = Readonly<Record<string, unknown>>;

const count: Schema = { type: 'integer', minimum: 0 };
const size: Schema = count;
const text: Schema = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]*$',
};
const number: Schema = { type: 'number', minimum: 0 };
const time: Schema = { type: 'string', format: 'date-time' };
const share: Schema = { type: 'number', minimum: 0, maximum: 1 };

/** An object with exactly these keys. */
function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function list(items: Schema, description?: string): Schema {
  return { ...(description === undefined ? {} : { description }), type: 'array', items };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function each(keys: readonly string[], schema: Schema): Record<string, Schema> {
  return Object.fromEntries(keys.map((key) => [key, schema]));
}

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
          ...each(['nice', 'user', 'system', 'irq', 'softirq', 'steal', 'guest', 'iowait'], share),
        }),
      ),
    ),
    cpuCount: count,
    load: { type: 'array', items: number, minItems: 3, maxItems: 3 },
    memory: object(each(['total', 'used', 'shared', 'compressed', 'buffers', 'cache', 'available'], size)),
    swap: object(each(['total', 'used', 'cache', 'compressed'], size)),
    tasks: object(each(['total', 'running'], count)),
  },
  'The host: sizes in bytes, shares of one CPU from 0 to 1',
);

const refresh: Readonly<Record<string, Schema>> = {
  type: { const: 'refresh' },
  version: { const: 1 },
  time,
  intervalMs: { ...number, description: 'Monotonic time since the line before; 0 in the first' },
  elapsedMs: { ...number, description: 'Time since nettrace started' },
  engineState: { enum: ENGINE_STATES },
  interfaces: list(
    object({
      ...properties(INTERFACE_FIELDS),
      addresses: list(text),
      outcomes: list(object({ label: text, text, frames: count }), 'Frames by the way decoding ended, other than ok'),
    }),
    'Every interface that is or was watched',
  ),
  processes: list(
    object({ ...properties(OWNER_FIELDS), interfaces: list(object(properties(SHARE_FIELDS))) }),
    'Every owner of bytes: processes, and bytes without one with their reason',
  ),
  exitedEarlier: object(
    { ...totals, interfaces: list(object({ name: text, ...totals })) },
    'What processes moved that have ended and are no longer listed',
  ),
  total: object(properties(TRAFFIC_FIELDS), 'The sum of all interfaces'),
  connections: {
    description: 'Connections and other flows alive now; null without --connections',
    ...orNull(list(object(properties(FLOW_FIELDS)))),
  },
  host,
  drops: object(each(['kernel', 'interface', 'table'], count), 'Packets that were not counted, or not to a flow'),
  attribution: object(
    each(['flowsLive', 'flowCapacity', 'flowsEvicted', 'lookups', 'lookupsDeferred', 'queue'], count),
    'The work of finding owners',
  ),
  faults: list(object({ code: text, text }), 'What is degraded right now'),
  self: object({ cpu: orNull(number), rssBytes: size }, 'What nettrace costs: share of one CPU, resident bytes'),
};

/** The schema of one line. */
export const JSON_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A line of nettrace --json',
  ...object(refresh),
};
