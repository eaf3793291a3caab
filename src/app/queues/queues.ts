// Owns: `nettrace queues`: how often the sockets are looked at, what is printed when, and whether anything piles up.
// Knows nothing of: causes, sentences and exit codes.
import { queuesLine } from '../../export/queue-json.ts';
import { type QueueModel, raisedQueues } from '../../model/queue-row.ts';
import type { Addon } from '../../native/addon.ts';
import { explainLoadError } from '../../native/native-error.ts';
import { ticks } from '../clock.ts';
import { loadConfig } from '../config/config.ts';
import { mergeSettings, type PartialSettings, type Settings } from '../config/option-table.ts';
import { findInvokingUser } from '../invoking-user.ts';
import { unitsOf } from '../mode.ts';
import { OutputClosed } from '../output.ts';
import type { Shutdown } from '../shutdown.ts';
import { UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { createQueueLooker, type QueueLooker } from './looker.ts';
import { type QueueLayout, queueNews, renderQueues } from './report.ts';
import type { QueuesRequest } from './request.ts';
import { queueLookerParts, queueThresholds } from './settings.ts';

export type QueuesVerdict = 'clear' | 'piled-up';

/** Between two looks of --once. */
const ONCE_STEP_MS = 500;
/** Fewer looks than this tell nothing about where a queue goes. */
const LEAST_LOOKS = 4;
const LEAST_INTERVAL_MS = 100;
/** Between two looks of --once where one was late. */
const LEAST_PAUSE_MS = 1;

interface QueuesRun {
  readonly world: World;
  readonly request: QueuesRequest;
  readonly settings: Settings;
  readonly looker: QueueLooker;
  readonly stop: AbortSignal;
  readonly layout: QueueLayout;
}

/** The verdict is that of the last look. Throws UserError. */
export async function runQueues(
  world: World,
  typed: PartialSettings,
  request: QueuesRequest,
  shutdown: Shutdown,
): Promise<QueuesVerdict> {
  const settings = await readSettings(world, typed, request);
  const looker = createQueueLooker(queueLookerParts(world, await loadAddon(world), settings, !request.here));
  const unicode =
    !settings.ascii && /utf-?8/i.test(world.env['LC_ALL'] || world.env['LC_CTYPE'] || world.env['LANG'] || '');
  const layout = { unicode, units: unitsOf(settings), columns: world.columns, every: request.every };
  const signals = endAtSignal(world, shutdown);
  const run = { world, request, settings, looker, stop: shutdown.stop, layout };
  try {
    return request.once ? await lookOnce(run) : await watch(run);
  } catch (error) {
    if (error instanceof OutputClosed) return 'clear';
    throw error;
  } finally {
    signals.release();
  }
}

/** The first signal asks for the end, a second one ends at once: a reader that does not read holds nobody up. */
function endAtSignal(world: World, shutdown: Shutdown): { release(): void } {
  const release = () => {
    for (const each of releases) each();
  };
  const releases = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) =>
    world.onSignal(signal, () => {
      release();
      shutdown.request(signal);
    }),
  );
  return { release };
}

async function readSettings(world: World, typed: PartialSettings, { configFile }: QueuesRequest): Promise<Settings> {
  const user = findInvokingUser(world.env, world.credentials);
  const place = { env: world.env, user, credentials: world.credentials };
  const config = await loadConfig(configFile === undefined ? place : { ...place, file: configFile });
  for (const warning of config.warnings) world.stderr(`nettrace: ${warning}\n`);
  return mergeSettings(config.settings, typed);
}

async function loadAddon(world: World): Promise<Addon> {
  try {
    return await world.loadAddon();
  } catch (error) {
    throw new UserError(explainLoadError(error) ?? (error as Error).message, 'start', { cause: error });
  }
}

/**
 * As many looks as it takes to be sure: over `queue-after`, and at least four. What counts is when sockets were read, as
 * in the judgement itself: a look may take long, the first most of all, and a timer may fire a moment early.
 */
async function lookOnce({ world, request, settings, looker, stop, layout }: QueuesRun): Promise<QueuesVerdict> {
  const { afterMs } = queueThresholds(settings);
  const spanMs = Math.max(afterMs, (LEAST_LOOKS - 1) * ONCE_STEP_MS);
  let model = await looker.look();
  const firstMs = world.clock.now();
  for (let looks = 1; (looks < LEAST_LOOKS || model.watchedMs < afterMs) && !stop.aborted; looks++) {
    const dueMs = firstMs + Math.min(looks * ONCE_STEP_MS, spanMs);
    await world.clock.sleep(Math.max(LEAST_PAUSE_MS, dueMs - world.clock.now()), stop);
    model = await looker.look();
  }
  await world.stdout.write(
    request.json ? queuesLine(trimmed(model, request), world.wallClock()) : renderQueues(model, layout),
  );
  return verdictOf(model);
}

/** A line for each look as JSON; else a line for each queue that begins or ends to pile up. */
async function watch({ world, request, settings, looker, stop, layout }: QueuesRun): Promise<QueuesVerdict> {
  const intervalMs = Math.max(LEAST_INTERVAL_MS, settings.delay * 1000);
  let before: QueueModel | undefined;
  let looks = 0;
  for await (const _ of ticks(world.clock, intervalMs, stop)) {
    const model = await looker.look();
    const lines = request.json
      ? [queuesLine(trimmed(model, request), world.wallClock())]
      : queueNews(model, before, clockText(world.wallClock()), layout.units).map((line) => `${line}\n`);
    if (lines.length > 0) await world.stdout.write(lines.join(''));
    before = model;
    looks++;
    if (looks === request.count) break;
  }
  return before === undefined ? 'clear' : verdictOf(before);
}

function verdictOf(model: QueueModel): QueuesVerdict {
  return model.raised > 0 ? 'piled-up' : 'clear';
}

function trimmed(model: QueueModel, { every }: QueuesRequest): QueueModel {
  return every ? model : raisedQueues(model);
}

/** Local time, as a log has it. */
function clockText(timeMs: number): string {
  const time = new Date(timeMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
