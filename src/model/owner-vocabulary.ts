// Owns: the words with which filters ask for owners.
// Knows nothing of: the grammar and screens.
import { OWNER_FIELDS } from './fields.ts';
import { type FilterField, filterFields, type Vocabulary } from './filter.ts';
import type { OwnerRow } from './model.ts';

/** What is asked of a process by its connections: each term holds where it holds for one of them. */
const END_FIELDS: readonly FilterField<OwnerRow>[] = [
  {
    names: ['port'],
    unit: 'id',
    holds: 'port',
    values: ({ ends }) => [...(ends?.remotePorts ?? []), ...(ends?.localPorts ?? [])],
  },
  { names: ['lport', 'sport', 'localport'], unit: 'id', holds: 'port', values: ({ ends }) => ends?.localPorts ?? [] },
  { names: ['rport', 'dport', 'remoteport'], unit: 'id', holds: 'port', values: ({ ends }) => ends?.remotePorts ?? [] },
  {
    names: ['remote', 'remoteaddress', 'remotename'],
    unit: 'text',
    holds: 'address',
    values: ({ ends }) => ends?.remotes ?? [],
  },
  {
    names: ['local', 'localaddress'],
    unit: 'text',
    holds: 'address',
    values: ({ ends }) => ends?.localAddresses ?? [],
  },
  {
    names: ['host'],
    unit: 'text',
    holds: 'address',
    values: ({ ends }) => [...(ends?.remotes ?? []), ...(ends?.localAddresses ?? [])],
  },
  { names: ['proto', 'protocol'], unit: 'text', values: ({ ends }) => ends?.protocols ?? [] },
];

/** Names that can only be answered by a sample with flows. */
export const END_NAMES: ReadonlySet<string> = new Set(END_FIELDS.flatMap(({ names }) => names));

export const OWNER_VOCABULARY: Vocabulary<OwnerRow> = {
  fields: [
    ...filterFields(OWNER_FIELDS),
    ...END_FIELDS,
    { names: ['age'], unit: 'ms', values: (row) => [row.ageMs] },
    { names: ['dev', 'interface'], unit: 'text', values: (row) => row.interfaces.map(({ name }) => name) },
  ],
  text: (row) =>
    [
      row.name,
      row.commandLine || row.program,
      row.user,
      row.reason ?? '',
      row.reasonText,
      row.pid ?? '',
      ...row.interfaces.map(({ name }) => name),
    ].join('\n'),
  examples: 'name, user, pid, port, remote, proto, cmd, dev, state, kind, rx, tx, sent, received, conn, age',
};
