// Owns: the model as one interface sees it: owners and flows with what they moved there, and nothing else.
// Knows nothing of: who chose the interface.
import { deriveModel } from './derive-model.ts';
import type { Model, OwnerRow } from './model.ts';
import { sumOf } from './sums.ts';

/**
 * Bytes that are repeated on this interface count here, since this is where one looks. Layers of an owner (IP, payload,
 * sent again) are not known for each interface and stay those of all.
 */
export function onInterface(model: Model, name: string): Model {
  const owners = model.owners.flatMap((row): readonly OwnerRow[] => {
    const shares = row.interfaces.filter((share) => share.name === name);
    return shares.length === 0 ? [] : [{ ...row, ...sumOf(shares), interfaces: shares }];
  });
  return deriveModel(model, {
    owners,
    total: sumOf(owners),
    flows: (rows) => rows.filter((row) => row.interfaceName === name).map((row) => ({ ...row, repeated: false })),
  });
}
