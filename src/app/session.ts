// Owns: one run from checked settings to the last refresh: what is opened, in which mode it is shown, how it ends.
// Knows nothing of: exit codes and the words that were typed.
import type { Model } from '../model/model.ts';
import type { Addon } from '../native/addon.ts';
import { explainLoadError, explainNativeError, explainNoSuchDevice, isNativeError } from '../native/native-error.ts';
import { describeChanges, describeWork } from './changes.ts';
import { type Collector, createCollector } from './collector.ts';
import { needsCapture } from './config/option-conflicts.ts';
import type { Settings } from './config/option-table.ts';
import { captureFilter, engineOptions } from './engine-options.ts';
import { becomeForGood, type InvokingUser } from './invoking-user.ts';
import type { Logging } from './logging.ts';
import type { Mode } from './mode.ts';
import { createNames } from './names.ts';
import { OutputClosed } from './output.ts';
import { readPrivileges } from './privileges.ts';
import type { QueueFeed } from './queues/feed.ts';
import { openRecording } from './recording/record-file.ts';
import type { RecordRequest } from './recording/record-request.ts';
import { selectPids } from './select-pids.ts';
import type { Shutdown } from './shutdown.ts';
import { type Face, runFile, runOnce, runRefreshes, type TextRun } from './text-run.ts';
import { UserError } from './user-error.ts';
import type { World } from './world.ts';

export interface Session {
  readonly settings: Settings;
  readonly mode: Mode;
  /** One sentence for standard error once the run has begun. */
  readonly note: string | undefined;
  readonly pids: readonly number[];
  readonly logging: Logging;
  readonly shutdown: Shutdown;
  /** Set under sudo. */
  readonly user: InvokingUser | undefined;
  /** Where settings are read from, whether or not there is a file; undefined where there is no home. */
  readonly configFile: string | undefined;
}

/** `-d 0` is as fast as this. */
const LEAST_INTERVAL_MS = 100;

function intervalOf(settings: Settings): number {
  return Math.max(LEAST_INTERVAL_MS, settings.delay * 1000);
}

/** Runs until the mode's own end or until `shutdown` is asked for. Throws UserError; other errors are our faults. */
export async function runSession(world: World, session: Session): Promise<void> {
  const addon = await loadAddon(world);
  try {
    if (session.mode.file === undefined) checkDevices(addon, session.settings.devices);
    const roots = { proc: session.settings['proc-root'], sys: session.settings['sys-root'] };
    const queues = createQueues(world, session, addon);
    const collector = createCollector({
      addon,
      options: engineOptions(session.settings, session.mode.file),
      readHost: await world.createHostReader(roots),
      processes: readsUsage(session.mode) ? await world.createProcessReader(roots.proc) : undefined,
      names: await createNames(world, session),
      readQueues: queues.latest,
      ...(hasScreens(session.mode) ? await liveReaders(world, addon, session) : {}),
      ...modelSteps(session),
    });
    const { mode, user } = session;
    const recording = mode.kind === 'record' ? openRecording(mode.request.file, user, world.credentials) : undefined;
    try {
      takeRights(world, session);
      session.shutdown.add('engine', () => collector.stop());
      collector.start();
    } catch (error) {
      recording?.discard();
      throw error;
    }
    if (session.note !== undefined) world.stderr(`nettrace: ${session.note}\n`);
    if (mode.kind !== 'record') return await show(world, session, mode, collector, queues);
    await queues.start();
    await record(world, session, mode.request, { collector, addon, fd: recording?.fd ?? -1 });
  } catch (error) {
    if (error instanceof OutputClosed) return;
    if (!isNativeError(error)) throw error;
    const { settings } = session;
    const context = {
      devices: addon.listInterfaces(),
      filter: captureFilter(settings),
      all: settings.all,
      starting: true,
    };
    throw new UserError(explainNativeError(error, context), 'start', { cause: error });
  }
}

/** What a file holds was moved on another host, or by processes that are gone. */
function readsUsage(mode: Mode): boolean {
  return mode.file === undefined && (hasScreens(mode) || mode.showsUsage);
}

/** Now, or when a recording is looked at. */
function hasScreens(mode: Mode): mode is Mode & { readonly kind: 'live' | 'record' } {
  return mode.kind === 'live' || mode.kind === 'record';
}

/** They are looked at, and what does it is loaded, only where somebody shows them. */
function createQueues(world: World, { settings, shutdown }: Session, addon: Addon) {
  let feed: QueueFeed | undefined;
  let wanted = new Uint32Array(0);
  return {
    latest: () => feed?.latest(),
    /** From the next look on. */
    want(pairs: readonly number[]) {
      wanted = Uint32Array.from(pairs);
    },
    async start() {
      const { startQueueFeed } = await import('./queues/feed.ts');
      const { createQueueLooker } = await import('./queues/looker.ts');
      const { queueLookerParts } = await import('./queues/settings.ts');
      const parts = { ...queueLookerParts(world, addon, settings, true), wanted: () => wanted };
      feed = startQueueFeed(createQueueLooker(parts), world.clock);
      shutdown.add('engine', feed.stop);
    },
  };
}

/** What only the live view has screens for. */
async function liveReaders(world: World, addon: Addon, { mode, settings }: Session) {
  const { createAncestorReader } = await import('../procfs/ancestors.ts');
  const { createProtocolReader } = await import('../procfs/protocol-reader.ts');
  const { createRouteReader } = await import('./route-reader.ts');
  return {
    readProtocols: createProtocolReader(world.readProc),
    readRoutes: createRouteReader(addon, world.readProc, world.clock),
    ...(mode.file === undefined ? { readAncestor: createAncestorReader(settings['proc-root']) } : {}),
  };
}

async function loadAddon(world: World): Promise<Addon> {
  try {
    return await world.loadAddon();
  } catch (error) {
    throw new UserError(explainLoadError(error) ?? (error as Error).message, 'start', { cause: error });
  }
}

/** Also without root: a wrong name is told before missing rights are. */
function checkDevices(addon: Addon, names: readonly string[]): void {
  if (names.length === 0) return;
  const devices = addon.listInterfaces();
  const known = new Set(devices.map((device) => Buffer.from(device.name).toString()));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new UserError(explainNoSuchDevice(missing, devices));
}

function modelSteps({ pids, logging, mode }: Session): {
  select?: (model: Model) => Model;
  observe: (model: Model) => void;
} {
  const chosen = new Set(pids);
  let previous: Model | undefined;
  // What is wrong with a file is said once, at its end.
  const observe = (model: Model) => {
    for (const { level, text } of describeChanges(model, previous))
      logging.log[mode.file === undefined ? level : 'info'](text);
    logging.log.debug(describeWork(model));
    previous = model;
  };
  return pids.length === 0 ? { observe } : { observe, select: (model) => selectPids(model, chosen) };
}

/**
 * A file is read with the rights of whoever asked, for good. Without the right to capture the engine is started all the
 * same: it tries, and takes what can be had without. Only what was asked for and needs the right is refused here.
 */
function takeRights(world: World, { mode, user, logging, settings }: Session): void {
  if (mode.file !== undefined) {
    if (user) becomeForGood(user, world.credentials);
    return;
  }
  const privileges = readPrivileges(world.readOwnStatus());
  if (settings.engine === 'bpf' && !privileges.meter) {
    throw new UserError('--engine bpf needs root (or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN); run "sudo nettrace"');
  }
  const capturing = settings.light || privileges.capture ? undefined : needsCapture(settings);
  if (capturing !== undefined) {
    throw new UserError(
      `${capturing} needs a capture, which needs root (or CAP_NET_RAW); run "sudo nettrace", or read a file with --read`,
    );
  }
  if (privileges.capture && !privileges.allProcesses) {
    const missing = privileges.missing.filter((name) => name === 'CAP_SYS_PTRACE' || name === 'CAP_DAC_READ_SEARCH');
    logging.log.warn(`processes of other users cannot be seen without ${missing.join(' and ')}`);
  }
}

async function record(
  world: World,
  { settings, shutdown }: Session,
  request: RecordRequest,
  { addon, ...opened }: { readonly addon: Addon; readonly collector: Collector; readonly fd: number },
): Promise<void> {
  const { runRecording } = await import('./recording/record.ts');
  await runRecording({
    ...opened,
    request,
    labels: { reasons: addon.reasons, outcomes: addon.outcomes },
    clock: world.clock,
    wallClock: world.wallClock,
    stop: shutdown.stop,
    intervalMs: intervalOf(settings),
    say: (text) => world.stderr(`nettrace: ${text}\n`),
  });
}

async function show(
  world: World,
  session: Session,
  mode: Exclude<Mode, { kind: 'record' }>,
  collector: Collector,
  queues: ReturnType<typeof createQueues>,
): Promise<void> {
  const { settings, shutdown, logging } = session;
  const intervalMs = intervalOf(settings);
  if (mode.kind === 'live') {
    const { user, configFile } = session;
    const recentLog = logging.recent;
    await queues.start();
    const { count } = mode;
    const wantSockets = queues.want;
    return world.runLive({
      collector,
      wantSockets,
      settings,
      clock: world.clock,
      recentLog,
      shutdown,
      user,
      configFile,
      count,
    });
  }
  const face: Face = await mode.createFace();
  if (face.withQueues === true && mode.kind !== 'file') await queues.start();
  const run: TextRun = { collector, face, output: world.stdout, clock: world.clock, stop: shutdown.stop, intervalMs };
  switch (mode.kind) {
    case 'refreshes':
      return runRefreshes(run, mode.count);
    case 'once':
      return runOnce(run);
    case 'file':
      return checkWhole(await runFile(run), shutdown);
  }
}

/** A capture that broke off was printed as far as it goes; the exit code says so. */
function checkWhole(model: Model, shutdown: Shutdown): void {
  const broken = model.faults[0]?.text ?? model.interfaces.find((row) => row.state === 'failed')?.faultText;
  if (broken !== undefined && broken !== '' && shutdown.reason === undefined) throw new UserError(broken, 'running');
}
