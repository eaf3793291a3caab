// Owns: the tables of docs/json.md, made from the field table.
// Knows nothing of: the text around them.
import type { Field } from '../../src/model/field.ts';
import { FLOW_FIELDS, OWNER_FIELDS, SHARE_FIELDS, TRAFFIC_FIELDS } from '../../src/model/fields.ts';
import { INTERFACE_FIELDS } from '../../src/model/interface-fields.ts';
import { QUEUE_FIELDS } from '../../src/model/queue-fields.ts';

const TABLES: Readonly<Record<string, string>> = {
  interfaces: table(INTERFACE_FIELDS),
  processes: table(OWNER_FIELDS),
  shares: table(SHARE_FIELDS),
  total: table(TRAFFIC_FIELDS),
  connections: table(FLOW_FIELDS),
  queues: table(QUEUE_FIELDS),
};

/** The document with the text between each pair of `<!-- table NAME -->` and `<!-- end -->` made anew. */
export function withTables(document: string): string {
  return document.replace(/<!-- table (\w+) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const text = TABLES[name];
    if (text === undefined) throw new Error(`there is no table ${name}`);
    return `<!-- table ${name} -->\n${text}<!-- end -->`;
  });
}

function table<Row>(fields: readonly Field<Row>[]): string {
  const rows = fields.map((field) => `| \`${field.jsonKey}\` | ${type(field)} | ${meaning(field)} |\n`);
  return `| key | type | meaning |\n|---|---|---|\n${rows.join('')}`;
}

function meaning<Row>(field: Field<Row>): string {
  const labels = field.labels?.map((label) => `\`${label}\``).join(', ');
  return labels === undefined ? field.description : `${field.description}: ${labels}`;
}

function type<Row>({ unit, optional }: Field<Row>): string {
  return `${typeName(unit)}${optional || unit === 'time' ? ' or null' : ''}`;
}

function typeName(unit: Field<never>['unit']): string {
  switch (unit) {
    case 'text':
    case 'label':
      return 'string';
    case 'flag':
      return 'boolean';
    case 'time':
      return 'string (ISO 8601)';
    case 'rate':
      return 'number (bytes/s)';
    case 'share':
      return 'number (share)';
    case 'bytes':
      return 'integer (bytes)';
    case 'ms':
      return 'integer (ms)';
    default:
      return 'integer';
  }
}
