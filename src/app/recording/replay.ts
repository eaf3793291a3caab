// Owns: `nettrace replay`: a recording in the live program, or as JSON lines.
// Knows nothing of: the words that were typed, and the form of the file.
import { constants, open } from 'node:fs/promises';
import { localTime } from '../../base/local-time.ts';
import { sanitize } from '../../base/sanitize.ts';
import { createModelBuilder } from '../../model/build-model.ts';
import type { SampleNames } from '../../model/sample.ts';
import { lostText } from '../../store/feed-damage.ts';
import { type FeedReader, openFeed } from '../../store/feed-reader.ts';
import { FeedError, unpackSample } from '../../store/feed-refresh.ts';
import { parseTime, TIME_WORDS } from '../../store/time-words.ts';
import type { Settings } from '../config/option-table.ts';
import { becomeForGood, findInvokingUser } from '../invoking-user.ts';
import type { LivePace } from '../live/loop.ts';
import type { Shutdown } from '../shutdown.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { createChangeLog } from './change-log.ts';
import { createPlayer, type Player, placeAt } from './player.ts';

export interface ReplayRequest {
  readonly file: string;
  /** Where to begin, as it was typed; undefined: at the beginning. */
  readonly from: string | undefined;
  readonly speed: number;
  readonly json: boolean;
  /** With json: so many refreshes; 0: all. */
  readonly count: number;
  readonly settings: Settings;
  readonly configFile: string | undefined;
  readonly names: SampleNames | undefined;
}

/** Runs until it is left, or to the end of the recording. Throws UserError. */
export async function runReplay(world: World, request: ReplayRequest, shutdown: Shutdown): Promise<void> {
  // A recording is read with the rights of whoever asked, for good.
  const user = findInvokingUser(world.env, world.credentials);
  if (user !== undefined) becomeForGood(user, world.credentials);
  const reader = await openRecording(request.file);
  try {
    const start = startOf(world, request, reader);
    if (request.json) await printAll(world, request, reader, start, shutdown.stop);
    else await play(world, request, reader, start, shutdown);
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    throw new UserError(error.message, 'running', { cause: error });
  } finally {
    await reader.close();
  }
}

async function openRecording(path: string): Promise<FeedReader> {
  const shown = sanitize(path, 200);
  try {
    // Non-blocking: a FIFO would let nobody in until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) {
      await file.close();
      throw new FeedError(`${shown} is not a regular file, as recordings are`);
    }
    return await openFeed(file, shown);
  } catch (error) {
    if (error instanceof FeedError) throw new UserError(error.message, 'start', { cause: error });
    throw new UserError(`cannot read ${shown}: ${describeErrno(error)}`, 'start', { cause: error });
  }
}

function startOf(world: World, { from }: ReplayRequest, { timesMs }: FeedReader): number {
  if (from === undefined) return 0;
  const timeMs = parseTime(from, world.wallClock());
  if (timeMs === undefined) throw new UserError(`-t must be a time such as ${TIME_WORDS}`);
  const [first = 0, last = 0] = [timesMs[0], timesMs.at(-1)];
  if (timeMs < first - 1000 || timeMs > last + 1000) {
    throw new UserError(
      `the recording goes from ${localTime(first)} to ${localTime(last)}; ${sanitize(from, 40)} is ${localTime(timeMs)}`,
    );
  }
  return placeAt(timesMs, timeMs, false);
}

async function printAll(world: World, request: ReplayRequest, reader: FeedReader, start: number, stop: AbortSignal) {
  const { createJsonLines } = await import('../../export/json-lines.ts');
  const render = createJsonLines({ connections: request.settings.connections });
  const build = createModelBuilder();
  const end = request.count === 0 ? reader.timesMs.length : Math.min(reader.timesMs.length, start + request.count);
  const damaged: number[] = [];
  for (let place = Math.max(0, start - 1); place < end && !stop.aborted; place++) {
    const sample = await sampleAt(reader, place, request.names);
    if (sample === undefined) {
      if (place >= start) damaged.push(reader.timesMs[place] ?? 0);
      continue;
    }
    const model = build(sample);
    // The one before the first gives its rates.
    if (place >= start) await world.stdout.write(render(model));
  }
  // As with a capture that broke off: it is printed as far as it goes, and the exit code says so.
  const left = damaged.length === 0 ? [] : [`${lostText(damaged)} and left out`];
  const missing = [...(reader.note === undefined ? [] : [reader.note]), ...left];
  if (missing.length > 0) throw new UserError(missing.join('; '), 'running');
}

/** undefined where it is damaged. */
async function sampleAt(reader: FeedReader, place: number, names: SampleNames | undefined) {
  try {
    return unpackSample(await reader.read(place), reader.head.labels, names);
  } catch (error) {
    if (error instanceof FeedError) return undefined;
    throw error;
  }
}

async function play(world: World, request: ReplayRequest, reader: FeedReader, start: number, shutdown: Shutdown) {
  const { names, speed, settings, configFile } = request;
  const player = await createPlayer(reader, { names, clock: world.clock, start, speed });
  const log = createChangeLog();
  if (reader.note !== undefined) log.say({ timeMs: reader.timesMs[0] ?? 0, level: 'warn', text: reader.note });
  log.add(player.model());
  let told: string | undefined;
  const tell = () => {
    const trouble = player.trouble();
    const timeMs = reader.timesMs[player.index()] ?? 0;
    if (trouble !== undefined && trouble !== told) log.say({ timeMs, level: 'warn', text: trouble });
    told = trouble;
  };
  const left = new AbortController();
  let playing: Promise<void> = Promise.resolve();
  const pace: LivePace = {
    onRefresh(changed) {
      const shown = () => {
        log.add(player.model());
        tell();
        changed();
      };
      playing = player.run(shown, left.signal);
      // What cannot be read at all ends the view, with the sentence that says why.
      playing.catch(() => shutdown.request('the recording'));
    },
    origin: () => originOf(player, reader),
    hold: player.hold,
    play: player.move,
  };
  await world.runLive({
    collector: { sample: player.model },
    settings: { ...settings, 'read-only': true },
    clock: world.clock,
    recentLog: log,
    shutdown,
    user: undefined,
    configFile,
    count: 0,
    pace,
  });
  left.abort();
  await playing;
}

function originOf(player: Player, { timesMs, note }: FeedReader) {
  const place = player.index();
  const speed = player.speed();
  const times = speed === 1 ? '' : ` x${speed >= 1 ? speed : `1/${1 / speed}`}`;
  const end = place === timesMs.length - 1 ? ', its end' : '';
  const day = localTime(timesMs[place] ?? 0).slice(0, 10);
  const trouble = player.trouble() ?? note;
  const text = `recording of ${day}${times} ${place + 1}/${timesMs.length}${end}`;
  return { text: trouble === undefined ? text : `${text}, damaged`, isBad: trouble !== undefined };
}
