// Owns: the field table's part about routes, and the words with which filters ask for them.
// Knows nothing of: layouts and formats.
import { type Field, field } from './field.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import type { RouteRow } from './route-model.ts';

const none = { optional: true } as const;

export const ROUTE_FIELDS: readonly Field<RouteRow>[] = [
  field('family', 'FAMILY', 'id', 'family', (r) => r.family, '4 or 6'),
  field('table', 'TABLE', 'text', 'table', (r) => r.table, 'Routing table: `main`, `local`, or its number'),
  field(
    'destination',
    'DESTINATION',
    'text',
    'destination',
    (r) => r.destination,
    '`default`, a network or an address',
  ),
  field('type', 'TYPE', 'text', 'type', (r) => r.type, '`unicast`, or what becomes of a packet'),
  field('gateway', 'VIA', 'text', 'gateway', (r) => r.gateway || undefined, 'The next router', none),
  field('device', 'DEV', 'text', 'device', (r) => r.device || undefined, 'Interface', none),
  field('metric', 'METRIC', 'count', 'metric', (r) => r.metric, 'Of several routes the smallest is taken'),
  field('origin', 'FROM', 'text', 'origin', (r) => r.origin, 'Who made the route'),
  field('source', 'SOURCE', 'text', 'source', (r) => r.source || undefined, 'Address of packets that have none', none),
];

/** `main` of IPv4: families have tables of their own. */
export function tableName({ family, table }: RouteRow): string {
  return `IPv${family}, table ${table}`;
}

export const ROUTE_VOCABULARY: Vocabulary<RouteRow> = {
  fields: [
    { names: ['dest', 'to'], unit: 'text', values: (row) => [row.destination] },
    { names: ['via'], unit: 'text', values: (row) => [row.gateway] },
    { names: ['from'], unit: 'text', values: (row) => [row.origin] },
    ...filterFields(ROUTE_FIELDS),
  ],
  text: (row) =>
    [row.destination, row.type, row.gateway, row.device, row.origin, row.source, tableName(row)].join('\n'),
  examples: 'dest, via, dev, type, metric, from, table, family, source',
};

/** All of a route, as iproute2 orders it. */
export function routeSentence(row: RouteRow): string {
  const parts: readonly (readonly [word: string, text: string])[] = [
    ['via', row.gateway],
    ['dev', row.device],
    ['metric', row.metric === 0 ? '' : String(row.metric)],
    ['from', row.origin],
    ['source', row.source],
  ];
  const words = parts.flatMap(([word, text]) => (text === '' ? [] : [`${word} ${text}`]));
  const type = row.type === 'unicast' ? '' : `${row.type} `;
  return `${tableName(row)}: ${type}${[row.destination, ...words].join(' ')}`;
}
