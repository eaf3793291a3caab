// Owns: the collector's process: a refresh for the front every interval, the log of the service, answers to questions.
// Knows nothing of: HTTP and who reads.
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { redactSecrets } from '../../base/redact.ts';
import { createJsonLines } from '../../export/json-lines.ts';
import { jsonRow } from '../../export/json-row.ts';
import { carriedOwners, takeCarry, withCarry } from '../../model/carry.ts';
import { deriveModel } from '../../model/derive-model.ts';
import { FLOW_FIELDS } from '../../model/fields.ts';
import { flowListOf } from '../../model/flow-list.ts';
import type { FlowList, Model } from '../../model/model.ts';
import type { Sample } from '../../model/sample.ts';
import type { Addon } from '../../native/addon.ts';
import { explainNativeError, isNativeError } from '../../native/native-error.ts';
import { createAncestorReader } from '../../procfs/ancestors.ts';
import { createProtocolReader } from '../../procfs/protocol-reader.ts';
import { snapshotLine } from '../../service/collector-link.ts';
import type { FeedHead } from '../../store/feed-refresh.ts';
import { describeChanges } from '../changes.ts';
import { ticks } from '../clock.ts';
import { createCollector } from '../collector.ts';
import { captureFilter, engineOptions } from '../engine-options.ts';
import { createNames } from '../names.ts';
import { startQueueFeed } from '../queues/feed.ts';
import { createQueueLooker } from '../queues/looker.ts';
import { queueLookerParts } from '../queues/settings.ts';
import { createRouteReader } from '../route-reader.ts';
import type { Shutdown } from '../shutdown.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { type AnswerError, createAnswers, type Verb, verb } from './answers.ts';
import { startBudgets } from './budgets.ts';
import { keepPulse, openLink, pulse, readOrders } from './child.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { type FeedServer, startFeedServer } from './feed-server.ts';
import { startHistory } from './history.ts';
import { createMetricsService } from './metrics.ts';
import { QUESTIONS } from './questions.ts';
import { type CollectorOrders, GREETING, PULSE, refreshSeconds } from './request.ts';
import { type CollectorState, type Gap, readState, writeState } from './state.ts';

const LEAST_INTERVAL_MS = 100;
const LONGEST_QUESTION = 64 * 1024;
/** Flows are read with each refresh for so long after somebody asked for them. */
const FLOWS_WANTED_MS = 10_000;
/** What a collector that dies may lose. */
const SAVE_MS = 5_000;
const MOST_GAPS = 100;
/** Those of before are the front's as long as it lives. */
const MOST_SAVED_EVENTS = 100;
/** The engine keeps a row for each interface that is gone, such as a container's; a new one has none of them. */
const MOST_GONE_ROWS = 4096;
const REPORT_LIMIT_MS = 30_000;
const DOCTOR_KEPT_MS = 60_000;
const SOCKETS_KEPT_MS = 2_000;

/** Runs until it is told to end. Throws UserError where it cannot start. */
export async function runCollector(world: World, shutdown: Shutdown): Promise<void> {
  const orders = await readOrders<CollectorOrders>(() => shutdown.request('the supervisor'));
  const addon = await world.loadAddon();
  const { settings } = orders;
  const roots = { proc: settings['proc-root'], sys: settings['sys-root'] };
  const queues = startQueueFeed(createQueueLooker(queueLookerParts(world, addon, settings, true)), world.clock);
  shutdown.add('engine', queues.stop);
  const before = readState(orders.stateDir, orders.serviceId);
  const metrics = createMetricsService(world, orders, shutdown);
  let feed: FeedServer | undefined;
  const readProtocols = createProtocolReader(world.readProc);
  const readRoutes = createRouteReader(addon, world.readProc, world.clock);
  const collector = await startEngine(addon, orders, before, {
    readHost: await world.createHostReader(roots),
    processes: await world.createProcessReader(roots.proc),
    names: await createNames(world, { settings, shutdown }),
    readQueues: queues.latest,
    readProtocols: () => (feed?.attached() ? readProtocols() : undefined),
    readRoutes: () => (feed?.attached() ? readRoutes() : undefined),
    readAncestor: createAncestorReader(roots.proc),
    observe: metrics.add,
  });
  shutdown.add('engine', () => collector.stop());

  const baseline = before === undefined ? [] : carriedOwners(before.carry, (pid) => existsSync(`/proc/${pid}`));
  let socket: Socket | undefined;
  const events = createEventLog(world.wallClock, before?.events ?? [], (line) => socket?.write(line));
  const log = events.tell;
  const tell: EventLog['tell'] = (level, text, more) => {
    log(level, text, more);
    world.stderr(`nettrace: ${text}\n`);
  };
  const gap = before && gapBetween(before.timeMs, world.wallClock());
  const gapText = gap && `the collector was started again: nothing was counted from ${gap.from} to ${gap.to}`;
  if (gapText !== undefined) log('warn', gapText, { gap });
  const gaps = [...(before?.gaps ?? []), ...(gap === undefined ? [] : [gap])].slice(-MOST_GAPS);
  // After the counting has begun: who attaches hears of the whole gap.
  feed = await startFeedServer(
    orders.feedSocket,
    { ...feedHead(addon, orders, before), gap: gapText },
    {
      wallClock: world.wallClock,
      say: (text) => tell('warn', text),
    },
  );
  shutdown.add('engine', feed.stop);
  const history = await startHistory(world, orders, baseline, (text) => tell('warn', text));
  const budgets = startBudgets(world, { orders, baseline, tell });
  metrics.readBudgets(budgets.readings);
  let latest: Model | undefined;
  let flowsUntilMs = 0;
  const verbs: Readonly<Record<string, Verb>> = {
    metrics: metrics.verb,
    history: history.verb,
    budgets: budgets.verb,
    connections: connectionsVerb(async () => {
      flowsUntilMs = world.clock.now() + FLOWS_WANTED_MS;
      if (latest === undefined || flowListOf(latest) === undefined) latest = collector.sample(true);
      return latest;
    }),
    doctor: reportVerb(world, ['doctor', '--json'], DOCTOR_KEPT_MS),
    sockets: reportVerb(world, ['netstat', '-an', '--json'], SOCKETS_KEPT_MS),
  };
  const answers = createAnswers(verbs);
  const link = openLink(LONGEST_QUESTION, (line) => {
    if (line === GREETING) link.write(events.all());
    else void answers(line).then((answer) => answer !== undefined && link.write(answer));
  });
  socket = link;
  link.write(`${JSON.stringify({ hello: { pid: process.pid } })}\n${events.all()}`);
  const beat = keepPulse();
  shutdown.add('engine', () => {
    clearInterval(beat);
    link.destroy();
  });

  const toLine = createJsonLines({ connections: false });
  const save = createSaver(world, orders, () => ({ gaps, events: events.last(MOST_SAVED_EVENTS) }), log);
  let told: Model | undefined;
  let ready = false;
  for await (const _ of ticks(
    world.clock,
    Math.max(LEAST_INTERVAL_MS, refreshSeconds(settings) * 1000),
    shutdown.stop,
  )) {
    if (shutdown.stop.aborted) break;
    latest = collector.sample(history.wantsFlows(latest) || feed.wantsFlows() || world.clock.now() < flowsUntilMs);
    feed.add(collector.latest() as Sample);
    history.add(latest);
    budgets.add(latest);
    for (const { level, text } of describeChanges(latest, told)) log(level, text);
    told = latest;
    const line = toLine(latest);
    // A front that does not read misses refreshes, and costs no memory.
    const service = JSON.stringify({ gaps, budgets: budgets.objects() });
    if (link.writableLength === 0) {
      link.write(`${snapshotLine(`${line.slice(0, -2)},"service":${service}}`)}\n`);
      for (const ready of metrics.lines()) link.write(ready);
    }
    save.atTimes(latest);
    if (!ready) pulse(PULSE.ready);
    ready = true;
    // Those with a slot below 0 are not of this engine.
    if (latest.interfaces.filter(({ state, slot }) => state === 'gone' && slot >= 0).length > MOST_GONE_ROWS) {
      tell('info', `${MOST_GONE_ROWS} devices have come and gone: the collector begins anew, with its totals`);
      shutdown.request('too many devices');
    }
  }
  await Promise.all([history.stop(), budgets.stop(), latest && save.last(latest)]);
}

function feedHead(addon: Addon, { settings, version }: CollectorOrders, before: CollectorState | undefined): FeedHead {
  return {
    version,
    labels: { reasons: addon.reasons, outcomes: addon.outcomes },
    intervalMs: Math.max(LEAST_INTERVAL_MS, refreshSeconds(settings) * 1000),
    carry: before?.carry,
  };
}

/** A clock that was set back meanwhile makes no gap that ends before it begins. */
export function gapBetween(savedMs: number, nowMs: number): Gap {
  const iso = (timeMs: number) => new Date(timeMs).toISOString();
  return { from: iso(Math.min(savedMs, nowMs)), to: iso(nowMs) };
}

type Readers = Pick<
  Parameters<typeof createCollector>[0],
  'readHost' | 'processes' | 'names' | 'readQueues' | 'readProtocols' | 'readRoutes' | 'readAncestor' | 'observe'
>;

async function startEngine(
  addon: Addon,
  { settings, showArgv }: CollectorOrders,
  before: CollectorState | undefined,
  { observe, ...others }: Readers,
) {
  try {
    const collector = createCollector({
      addon,
      options: engineOptions(settings, undefined),
      ...others,
      select(model) {
        const own = withoutSecrets(model, showArgv);
        // Before what is carried, which is some seconds old: a counter that falls a little is taken for one that began
        // at 0, and all of it for new. Counters that do begin at 0 are what every reader of metrics expects of a restart.
        observe?.(own);
        return before === undefined ? own : withCarry(own, before.carry, (pid) => existsSync(`/proc/${pid}`));
      },
    });
    collector.start();
    return collector;
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const devices = addon.listInterfaces();
    const context = { devices, filter: captureFilter(settings), all: settings.all, starting: true };
    throw new UserError(explainNativeError(error, context), 'start', { cause: error });
  }
}

/** Command lines hold passwords: they are left out, or what looks like a secret is. */
function withoutSecrets(model: Model, showArgv: boolean): Model {
  return deriveModel(model, {
    owners: model.owners.map((row) => ({
      ...row,
      commandLine: showArgv ? redactSecrets(row.commandLine) : '',
      program: redactSecrets(row.program),
    })),
    total: model.total,
  });
}

function connectionsVerb(sample: () => Promise<Model | undefined>): Verb {
  return verb(QUESTIONS.connections, async ({ owner, limit }) => {
    const model = await sample();
    const list = model && flowListOf(model);
    if (list === undefined) return { total: 0, connections: [] };
    const all = placesOf(list, owner);
    const rows = busiest(list, all, limit).map(list.row);
    return { total: all.length, connections: rows.map((row) => jsonRow(FLOW_FIELDS, row)) };
  });
}

/** Places in the list; a row is made only for what is answered: there may be 200,000 flows. */
function placesOf(list: FlowList, owner: number | undefined): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < list.length; at++) if (owner === undefined || list.ownerId(at) === owner) places.push(at);
  return places;
}

function busiest(list: FlowList, places: readonly number[], limit: number): readonly number[] {
  const rates = new Map(places.map((at) => [at, (list.sentRate(at) ?? 0) + (list.receivedRate(at) ?? 0)]));
  return [...places].sort((a, b) => (rates.get(b) ?? 0) - (rates.get(a) ?? 0)).slice(0, limit);
}

/** What a command of nettrace prints as JSON, in a process of its own; whoever asks within `keptMs` gets the same answer. */
function reportVerb(world: World, words: readonly string[], keptMs: number): Verb {
  let kept: { readonly untilMs: number; readonly answer: Promise<unknown> } | undefined;
  return verb(QUESTIONS.doctor, () => {
    if (kept === undefined || world.clock.now() > kept.untilMs) {
      const answer = world.runSelf(words, REPORT_LIMIT_MS).then(({ stdout }) => reportOf(words, stdout));
      kept = { untilMs: world.clock.now() + keptMs, answer };
    }
    return kept.answer;
  });
}

/** Throws an AnswerError where it is not whole: too long, or not done in time. */
function reportOf(words: readonly string[], text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const error = `no whole answer came in time, or it is too long: run "nettrace ${words.join(' ')}" on the host`;
    throw { status: 503, error } satisfies AnswerError;
  }
}

/** Saves now and then, one file after the other; a full disk is told once, and counting goes on. */
function createSaver(
  world: World,
  { stateDir, serviceId }: CollectorOrders,
  more: () => Pick<CollectorState, 'gaps' | 'events'>,
  log: EventLog['tell'],
) {
  let dueMs = 0;
  let writing: Promise<void> | undefined;
  let failing = false;
  const write = async (model: Model) => {
    try {
      await writeState(stateDir, { serviceId, timeMs: world.wallClock(), ...more(), carry: takeCarry(model) });
      failing = false;
    } catch (error) {
      if (!failing) log('warn', `totals cannot be saved: ${describeErrno(error)}`);
      failing = true;
    }
    writing = undefined;
  };
  return {
    atTimes(model: Model) {
      if (writing !== undefined || world.clock.now() < dueMs) return;
      dueMs = world.clock.now() + SAVE_MS;
      writing = write(model);
    },
    async last(model: Model) {
      await writing;
      await write(model);
    },
  };
}
