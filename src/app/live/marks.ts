// Owns: the marks that keys ask for, taken from the next sample with flows, so that connections count from them too.
// Knows nothing of: keys and when samples are taken.
import { type Mark, takeMark } from '../../model/marks.ts';
import type { Model } from '../../model/model.ts';
import type { UiState } from '../../view/ui-state.ts';

export interface LiveMarks {
  /** Hears of every change of the state. */
  follow(before: UiState, after: UiState): void;
  /** A mark waits for a sample with flows. */
  isWaiting(): boolean;
  /** Takes the mark that waits, if there is one. */
  offer(model: Model): void;
  from(): Mark | undefined;
  to(): Mark | undefined;
}

export function createMarks(): LiveMarks {
  let from: Mark | undefined;
  let to: Mark | undefined;
  let waiting: 'from' | 'to' | undefined;
  return {
    follow(before, after) {
      if (after.marks === 'none') {
        from = undefined;
        to = undefined;
        waiting = undefined;
      } else if (after.markNumber !== before.markNumber) {
        waiting = after.marks === 'between' ? 'to' : 'from';
      }
    },
    isWaiting: () => waiting !== undefined,
    offer(model) {
      if (waiting === undefined || model.flows === undefined) return;
      if (waiting === 'to') to = takeMark(model);
      else [from, to] = [takeMark(model), undefined];
      waiting = undefined;
    },
    from: () => from,
    to: () => to,
  };
}
