// Owns: `nettrace serve`: the supervisor. It opens what needs rights, keeps two processes running, tells the manager.
// Knows nothing of: what is counted and what is asked.
import { lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { sanitize } from '../../base/sanitize.ts';
import type { Addon } from '../../native/addon.ts';
import { explainLoadError, explainNativeError, isNativeError } from '../../native/native-error.ts';
import { type BudgetSettings, readBudgetSettings } from '../budgets/settings.ts';
import { configPath, loadConfig } from '../config/config.ts';
import { mergeSettings, type PartialSettings, type Settings } from '../config/option-table.ts';
import { describeHistory, type HistorySettings, readHistorySettings } from '../history/settings.ts';
import { findInvokingUser } from '../invoking-user.ts';
import type { PushSettings } from '../push/settings.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { World } from '../world.ts';
import { keepRunning } from './keeper.ts';
import { createManager } from './manager.ts';
import { checkTls, type Listen, listenText, planService, type ServePlan } from './plan.ts';
import { type CollectorOrders, type FrontOrders, refreshSeconds, type ServeRequest } from './request.ts';
import { randomToken, readOrMakeToken, readToken } from './token.ts';

/** The token that is printed opens one session, soon. */
const ONE_TIME_MS = 10 * 60 * 1000;

interface Door {
  readonly listen: Listen;
  readonly fd: number;
  readonly port: number | undefined;
}

/** Runs until a signal. Throws UserError. */
export async function runServe(world: World, typed: PartialSettings, request: ServeRequest): Promise<void> {
  const { settings, push, history, budgets, configuration } = await readSettings(world, typed, request);
  const plan = planService(world, request);
  await checkTls(request, plan.tls);
  if (request.check) return world.stdout.write(checkService(plan, settings, { history, budgets, configuration }));
  const addon = await loadAddon(world);
  makeFolder(plan.stateDir, 0o700);
  lockFolder(addon, plan.stateDir);
  const token = readOrMakeToken(plan.tokenFile);
  const doors = openDoors(addon, plan);
  await supervise(world, { addon, plan, settings, push, history, budgets, request, token, doors });
}

interface Service {
  readonly addon: Addon;
  readonly plan: ServePlan;
  readonly settings: Settings;
  readonly push: PushSettings | undefined;
  readonly history: HistorySettings;
  readonly budgets: readonly BudgetSettings[];
  readonly request: ServeRequest;
  readonly token: string;
  readonly doors: readonly Door[];
}

async function supervise(world: World, service: Service): Promise<void> {
  const { addon, plan, doors } = service;
  const [near, far] = addon.socketPair();
  const manager = createManager(world, addon);
  let oneTime: FrontOrders['oneTime'] = { token: randomToken(), untilMs: world.wallClock() + ONE_TIME_MS };
  let end: (failure?: UserError) => void = () => {};
  const over = new Promise<UserError | undefined>((resolve) => {
    end = resolve;
  });
  const releases = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => world.onSignal(signal, () => end()));
  const ready = new Set<string>();
  const say = (text: string) => world.stderr(`nettrace: ${text}\n`);
  const status = `serving on ${doors.map(({ listen, port }) => listenText(listen, port)).join(', ')}`;
  const onReady = (role: string) => {
    const first = ready.size < 2;
    ready.add(role);
    if (ready.size < 2) return;
    if (first) say(startText(service, oneTime?.token ?? ''));
    manager.ready(status);
  };
  const common = {
    program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    say,
    silenceMs: manager.silenceMs,
    now: world.clock.now,
    onEnded: manager.status,
    onFailure: (text: string, began: boolean) => end(new UserError(text, began ? 'running' : 'start')),
  };
  const { settings, push, history, budgets, request, token } = service;
  const orders: CollectorOrders = {
    settings,
    version: request.version,
    push,
    historyFile: plan.historyFile,
    feedSocket: plan.feedSocket,
    history,
    budgets,
    showArgv: request.showArgv,
    stateDir: plan.stateDir,
    serviceId: randomToken(),
  };
  const collector = keepRunning({
    ...common,
    role: 'collector',
    descriptors: [near, 'pipe'],
    orders: () => orders,
    starting: (start) => withCapabilities(addon, plan, start, true),
    onReady: () => onReady('collector'),
    onUsed: () => {},
  });
  const front = keepRunning({
    ...common,
    role: 'front',
    descriptors: [far, 'pipe', ...doors.map(({ fd }) => fd)],
    orders: (): FrontOrders => ({
      version: request.version,
      doors: doors.map(({ listen, port }) => ({ kind: listen.kind, port })),
      hosts: plan.hosts,
      names: plan.names,
      tls: plan.tls,
      token,
      metricsWithoutToken: request.metricsWithoutToken,
      oneTime,
      identity: plan.identity,
    }),
    starting: (start) => withCapabilities(addon, plan, start, false),
    onReady: () => onReady('front'),
    onUsed: () => {
      oneTime = undefined;
    },
  });
  const unwatch = manager.watch([collector, front]);
  const failure = await over;
  unwatch();
  manager.stopping();
  await Promise.all([collector.stop(), front.stop()]);
  removeSockets(plan);
  for (const release of releases) release();
  if (failure !== undefined) throw failure;
}

/** Without root capabilities are handed on to the collector alone; a front that starts without any cannot keep one. */
function withCapabilities<T>(addon: Addon, { identity }: ServePlan, start: () => T, on: boolean): T {
  if (identity !== undefined) return start();
  addon.handOnCapabilities(on);
  return start();
}

function startText({ doors, plan }: Service, oneTime: string): string {
  const scheme = plan.tls === undefined ? 'http' : 'https';
  const tcp = doors.find(({ listen }) => listen.kind === 'tcp');
  const places = doors.map(({ listen, port }) => listenText(listen, port)).join(', ');
  if (tcp === undefined) return `serving on ${places}; the token is in ${plan.tokenFile}`;
  const url = `${scheme}://${listenText(tcp.listen, tcp.port)}/#token=${oneTime}`;
  return doors.length === 1 ? `serving ${url}` : `serving ${url} (on ${places})`;
}

function openDoors(addon: Addon, plan: ServePlan): readonly Door[] {
  try {
    return plan.listens.map((listen) => {
      if (listen.kind === 'unix') return { listen, fd: addon.listenUnix(listen.path), port: undefined };
      return { listen, ...addon.listenTcp(listen.address, listen.port) };
    });
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new UserError(explainNativeError(error), 'start', { cause: error });
  }
}

/** Two services would write over each other's totals. Held until this process ends, however it does. */
function lockFolder(addon: Addon, path: string): void {
  try {
    addon.lockFolder(path);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    // A file system that knows no locks has none to say so.
    if (error.errno !== constants.errno.EWOULDBLOCK) return;
    throw new UserError(
      `another nettrace serve uses the folder ${sanitize(path, 200)}: stop it, or give this one its own with --state-dir`,
    );
  }
}

/** While the descriptors of ours are open, nobody else can have taken the paths. */
function removeSockets({ listens }: ServePlan): void {
  for (const listen of listens) {
    try {
      if (listen.kind === 'unix' && lstatSync(listen.path).isSocket()) unlinkSync(listen.path);
    } catch {
      // Somebody removed it, or its folder may not be written: the next start replaces it.
    }
  }
}

function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    throw new UserError(`the folder ${path} cannot be made: ${describeErrno(error)}`);
  }
}

function checkService(
  plan: ServePlan,
  settings: Settings,
  { history, budgets, configuration }: Pick<Service, 'history' | 'budgets'> & { readonly configuration: string },
) {
  let token = 'kept';
  try {
    readToken(plan.tokenFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    token = 'would be made';
  }
  if (plan.historyFile !== undefined && statSync(plan.historyFile, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`--history ${sanitize(plan.historyFile, 200)} is a folder: name a file in it`);
  }
  const front = plan.identity === undefined ? 'its own' : `uid ${plan.identity.uid}, gid ${plan.identity.gid}`;
  const lines = [
    `settings     ${configuration}`,
    `listens on   ${plan.listens.map((listen) => listenText(listen)).join(', ')}${plan.tls ? ' with TLS' : ''}`,
    `token        ${plan.tokenFile} (${token})`,
    `state        ${plan.stateDir}`,
    `history      ${plan.historyFile ?? 'none'}`,
    ...(plan.historyFile === undefined ? [] : [`  keeps      ${describeHistory(history)}`]),
    `attach       ${plan.feedSocket}`,
    `budgets      ${budgets.length === 0 ? 'none' : budgets.map(({ budget }) => budget.name).join(', ')}`,
    `front's user ${front}`,
    `devices      ${settings.devices.length === 0 ? 'all that are up and running' : settings.devices.join(', ')}`,
    `refreshes    every ${refreshSeconds(settings)} s`,
  ];
  return `${lines.join('\n')}\n`;
}

async function readSettings(world: World, typed: PartialSettings, request: ServeRequest) {
  const { configFile } = request;
  const user = findInvokingUser(world.env, world.credentials);
  const place = { env: world.env, user, credentials: world.credentials, isService: true };
  const config = await loadConfig(configFile === undefined ? place : { ...place, file: configFile });
  for (const warning of config.warnings) world.stderr(`nettrace: ${warning}\n`);
  const tables = config.service;
  const path = configPath({ ...place, ...(configFile === undefined ? {} : { file: configFile }) });
  return {
    configuration:
      config.source?.name ?? (path === undefined ? 'none' : `none (${sanitize(path)} is not there, or not read)`),
    settings: mergeSettings(config.settings, typed),
    push: await readPush(tables?.push, request),
    history: readHistorySettings(tables?.history),
    budgets: readBudgetSettings(tables?.budget),
  };
}

async function readPush(table: unknown, { push }: ServeRequest): Promise<PushSettings | undefined> {
  if (table === undefined && Object.keys(push).length === 0) return undefined;
  const { readPushSettings } = await import('../push/settings.ts');
  const written = typeof table === 'object' && table !== null ? table : {};
  return readPushSettings({ ...written, ...push }, readToken);
}

async function loadAddon(world: World): Promise<Addon> {
  try {
    return await world.loadAddon();
  } catch (error) {
    throw new UserError(explainLoadError(error) ?? (error as Error).message, 'start', { cause: error });
  }
}
