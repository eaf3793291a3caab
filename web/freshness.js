// Owns: how old the figures are: a sentence once they are too old to be taken for live.
// Knows nothing of: where it is shown.
import { clock } from './format.js';

const PATIENCE_MS = 5000;

/** @param {(sentence: string) => void} show hears '' when figures come again */
export function createFreshness(show) {
  let heardAt = performance.now();
  let patience = PATIENCE_MS;
  let time = '';
  let isLost = false;
  let said = '';

  function look() {
    const age = performance.now() - heardAt;
    let sentence = '';
    if (isLost || age > patience) {
      const reason = isLost ? 'nettrace does not answer, trying again' : 'nettrace answers, but does not count';
      const shown = time === '' ? '' : ` Shown is ${clock(new Date(time))}.`;
      sentence = `No figures for ${Math.round(age / 1000)} s: ${reason}.${shown}`;
    }
    if (sentence !== said) show(sentence);
    said = sentence;
  }

  setInterval(look, 1000);
  return {
    /** @param {any} snapshot */
    heard(snapshot) {
      heardAt = performance.now();
      patience = Math.max(PATIENCE_MS, snapshot.intervalMs * 3);
      ({ time } = snapshot);
      isLost = false;
      look();
    },
    lost() {
      isLost = true;
      look();
    },
  };
}
