// Owns: the page of all connections: live ones, and those that ended within the last minute.
// Knows nothing of: how flows are found and what stands above and below the table.
import { flowListOf } from '../../model/flow-list.ts';
import { connectionSpec } from '../connection-list.ts';
import { createList } from '../list.ts';

export const connectionList = createList({
  ...connectionSpec('connections', flowListOf, ['remote', 'port', 'process']),
  opens: ({ owner }) => owner && { kind: 'process', ownerId: owner.id, from: 'connections' },
});
