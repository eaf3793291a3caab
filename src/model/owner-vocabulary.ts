// Owns: the words with which filters ask for owners.
// Knows nothing of: the grammar and screens.
import { OWNER_FIELDS } from './fields.ts';
import { filterFields, type Vocabulary } from './filter.ts';
import type { OwnerRow } from './model.ts';

export const OWNER_VOCABULARY: Vocabulary<OwnerRow> = {
  fields: [
    ...filterFields(OWNER_FIELDS),
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
  examples: 'name, user, pid, cmd, dev, state, kind, rx, tx, sent, received, conn',
};
