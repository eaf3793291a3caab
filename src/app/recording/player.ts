// Owns: a position in a recording that moves with time or with keys, and the model there.
// Knows nothing of: screens, and how refreshes are read.
import { createModelBuilder } from '../../model/build-model.ts';
import type { Model } from '../../model/model.ts';
import type { SampleNames } from '../../model/sample.ts';
import { lostText } from '../../store/feed-damage.ts';
import type { FeedReader } from '../../store/feed-reader.ts';
import { FeedError, unpackSample } from '../../store/feed-refresh.ts';
import type { Clock } from '../clock.ts';

export interface Player {
  /** At the position. */
  readonly model: () => Model;
  readonly index: () => number;
  readonly speed: () => number;
  readonly held: () => boolean;
  /** What could not be read last, a sentence without its full stop. */
  readonly trouble: () => string | undefined;
  hold(held: boolean): void;
  /** Moves by refreshes and by seconds; speeds up by a factor. */
  move(by: { readonly refreshes?: number; readonly seconds?: number; readonly faster?: number }): void;
  /** Plays until `stop`; `onChange` hears of every change of the above. Rejects where nothing can be read. */
  run(onChange: () => void, stop: AbortSignal): Promise<void>;
}

/** Screens are drawn at most this often: at a high speed refreshes are passed over. */
const LEAST_MS = 100;
/** A recording that was interrupted is not waited for. */
const LONGEST_MS = 2000;
const SPEEDS = { least: 1 / 8, most: 1024 } as const;

/** The model of a moment needs the refresh before it, for its rates. Rejects with FeedError. */
export async function createPlayer(
  reader: FeedReader,
  { names, clock, start, speed }: { names: SampleNames | undefined; clock: Clock; start: number; speed: number },
): Promise<Player> {
  const last = reader.timesMs.length - 1;
  let build = createModelBuilder();
  let index = -1;
  let pace = speed;
  let isHeld = false;
  let target: number | undefined;
  let trouble: string | undefined;
  let wake = new AbortController();

  const timeOf = (place: number) => reader.timesMs[place] ?? 0;
  const load = async (place: number) => build(unpackSample(await reader.read(place), reader.head.labels, names));
  const goTo = async (place: number): Promise<Model> => {
    if (place !== index + 1 || index < 0) {
      build = createModelBuilder();
      if (place > 0) await load(place - 1).catch(() => undefined);
    }
    const model = await load(place);
    index = place;
    return model;
  };
  let model = await goTo(start);

  /** The first refresh from `place` on, in the direction of the move, that can be read. */
  const settle = async (place: number): Promise<void> => {
    const step = place < index ? -1 : 1;
    const damaged: number[] = [];
    trouble = undefined;
    for (let next = place; next >= 0 && next <= last; next += step) {
      try {
        model = await goTo(next);
        return;
      } catch (error) {
        if (!(error instanceof FeedError)) throw error;
        damaged.push(timeOf(next));
        trouble = lostText(damaged.toSorted((a, b) => a - b));
      }
    }
  };
  /** Where playing goes next, and how long that takes. */
  const nextStep = () => {
    let place = index + 1;
    let waitMs = 0;
    for (; place <= last; place++) {
      waitMs += Math.min(LONGEST_MS, Math.max(0, timeOf(place) - timeOf(place - 1))) / pace;
      if (waitMs >= LEAST_MS) break;
    }
    return { place: Math.min(place, last), waitMs: Math.max(LEAST_MS, waitMs) };
  };
  const interrupt = () => {
    wake.abort();
    wake = new AbortController();
  };
  return {
    model: () => model,
    index: () => index,
    speed: () => pace,
    held: () => isHeld,
    trouble: () => trouble,
    hold(held) {
      isHeld = held;
      interrupt();
    },
    move({ refreshes = 0, seconds = 0, faster = 1 }) {
      pace = Math.min(SPEEDS.most, Math.max(SPEEDS.least, pace * faster));
      const from = target ?? index;
      if (refreshes !== 0) target = clamp(from + refreshes, last);
      if (seconds !== 0) target = clamp(placeAt(reader.timesMs, timeOf(from) + seconds * 1000, seconds < 0), last);
      interrupt();
    },
    async run(onChange, stop) {
      stop.addEventListener('abort', interrupt);
      while (!stop.aborted) {
        const { signal } = wake;
        const resting = isHeld || index >= last;
        const { place, waitMs } = nextStep();
        if (target === undefined) await clock.sleep(resting ? 2 ** 31 - 1 : waitMs, signal);
        if (stop.aborted) return;
        const asked = target;
        target = undefined;
        if (asked !== undefined) await settle(asked);
        else if (!signal.aborted) await settle(place);
        onChange();
      }
    },
  };
}

function clamp(place: number, last: number): number {
  return Math.min(last, Math.max(0, place));
}

/** The refresh at a moment: the last one before it, or going `back` the first one after. */
export function placeAt(timesMs: readonly number[], timeMs: number, back: boolean): number {
  if (back) {
    const place = timesMs.findIndex((time) => time >= timeMs);
    return place < 0 ? timesMs.length - 1 : place;
  }
  return Math.max(
    0,
    timesMs.findLastIndex((time) => time <= timeMs),
  );
}
