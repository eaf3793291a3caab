// Owns: models made from another one by changing owners and flows; flows are still only made when somebody reads them.
// Knows nothing of: why they are changed.
import type { FlowRow, Model, OwnerRow, Rates, Totals } from './model.ts';

export interface Derivation {
  readonly owners: readonly OwnerRow[];
  readonly total: Totals & Rates;
  /** Applied to all flows, or to those of one owner; left out where they stay as they are. */
  readonly flows?: (flows: readonly FlowRow[]) => readonly FlowRow[];
}

export function deriveModel(model: Model, { owners, total, flows }: Derivation): Model {
  let all: readonly FlowRow[] | undefined;
  const changedFlows = flows && {
    get flows() {
      if (all === undefined && model.flows !== undefined) all = flows(model.flows);
      return all;
    },
    flowList: undefined,
    flowsOf: (ownerId: number, limit?: number) => flows(model.flowsOf(ownerId)).slice(0, limit),
  };
  // Descriptors, not a spread, which would read the flows.
  const descriptors = {
    ...Object.getOwnPropertyDescriptors(model),
    ...Object.getOwnPropertyDescriptors({ owners, total }),
    ...(changedFlows && Object.getOwnPropertyDescriptors(changedFlows)),
  };
  return Object.defineProperties({}, descriptors) as unknown as Model;
}
