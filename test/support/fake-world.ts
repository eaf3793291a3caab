// Owns: a World without a process: virtual time, recorded streams, an addon that serves snapshots made from plain rows.
// Knows nothing of: what a test wants to show.
import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/app/clock.ts';
import type { Credentials } from '../../src/app/invoking-user.ts';
import type { LiveRun } from '../../src/app/live/run.ts';
import type { EndSignal, World } from '../../src/app/world.ts';
import type { Addon, Engine, EngineOptions, NativeError, SelfTest, SourceProbe } from '../../src/native/addon.ts';
import { SCHEMA_VERSION } from '../../src/native/schema.ts';
import type { SocketOwners, SocketTable } from '../../src/native/socket-table.ts';
import { createHostReader } from '../../src/procfs/host.ts';
import { createProcessReader } from '../../src/procfs/process-reader.ts';
import { buildSnapshot, type SnapshotRows } from './snapshot-builder.ts';
import { ownersOf, tableOf } from './socket-table-builder.ts';

/** What the fake engine was told, and what it answers. */
export interface EngineScript {
  /** Rows of a snapshot, by the virtual time since start and whether the engine has been stopped. */
  readonly rows?: (ms: number, stopped: boolean) => SnapshotRows;
  readonly failOnCreate?: NativeError;
  readonly failOnStart?: NativeError;
}

export interface FakeOptions extends EngineScript {
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** CapEff in hexadecimal; all capabilities when absent. */
  readonly capEff?: string;
  readonly uid?: number;
  readonly devices?: readonly string[];
  /** Called with the number of the write before it; throws or waits to fail it. */
  readonly onWrite?: (count: number, fake: FakeWorld) => void | Promise<void>;
  readonly loadError?: Error;
  /** What this program prints when it is run once more. */
  readonly selfAnswer?: string;
  /** The socket table at a time, and who holds which socket. */
  readonly sockets?: (ms: number) => SocketTable;
  readonly owners?: SocketOwners;
  /** What the addon finds out about its sources. */
  readonly probes?: readonly SourceProbe[];
}

export interface FakeWorld {
  readonly world: World;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** In order: `start`, `stop`, `seteuid 0`, `die SIGINT`, `live`, ... */
  readonly events: readonly string[];
  /** Settles when the program has ended itself by a signal. */
  readonly died: Promise<void>;
  readonly engineOptions: EngineOptions | undefined;
  readonly liveRun: LiveRun | undefined;
  readonly clock: Clock;
  signal(name: EndSignal): void;
}

export function nativeError(code: string, subject = '', detail = '', errno = 0): NativeError {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return Object.assign(new Error(code), { code, syscall: '', errno, subject: bytes(subject), detail: bytes(detail) });
}

/** Time passes only when everybody sleeps. */
export function createVirtualClock(): Clock {
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let now = 1000;
  const pump = () => {
    sleepers.sort((a, b) => a.until - b.until);
    const next = sleepers.shift();
    if (next === undefined) return;
    now = Math.max(now, next.until);
    next.wake();
  };
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        sleepers.push({ until: now + ms, wake: resolve });
        signal.addEventListener('abort', () => resolve());
        setTimeout(pump, 1);
      }),
  };
}

export function createFakeWorld(options: FakeOptions = {}): FakeWorld {
  const [out, err, events]: [string[], string[], string[]] = [[], [], []];
  const clock = createVirtualClock();
  const signals = new EventEmitter();
  let engineOptions: EngineOptions | undefined;
  let liveRun: LiveRun | undefined;
  let noteDeath = () => {};
  const died = new Promise<void>((resolve) => {
    noteDeath = resolve;
  });
  const terminal = options.terminal ?? false;
  const remember = (given: EngineOptions) => {
    engineOptions = given;
  };
  const world: World = {
    env: { TERM: 'xterm', LANG: 'C.UTF-8', ...options.env },
    stdinIsTty: terminal,
    stdoutIsTty: terminal,
    columns: terminal ? 80 : undefined,
    clock,
    wallClock: () => Date.UTC(2026, 0, 2),
    stdout: {
      async write(text) {
        await options.onWrite?.(out.length, fake);
        out.push(text);
      },
    },
    stderr: (text) => void err.push(text),
    onSignal(signal, handler) {
      signals.on(signal, handler);
      return () => signals.off(signal, handler);
    },
    dieOf(signal) {
      events.push(`die ${signal}`);
      noteDeath();
    },
    credentials: fakeCredentials(options.uid ?? 0, events),
    readOwnStatus: () => `Name:\tnode\nCapEff:\t${options.capEff ?? '000001ffffffffff'}\n`,
    readServices: () => '',
    createResolver: async () => ({ resolvePtr: () => Promise.reject(new Error('ENOTFOUND')), cancel: () => {} }),
    readProc: () => undefined,
    async loadAddon() {
      if (options.loadError) throw options.loadError;
      return fakeAddon(options, clock, events, remember);
    },
    createHostReader: async () => createHostReader({ proc: '/nonexistent', sys: '/nonexistent' }),
    createProcessReader: async () => createProcessReader('/nonexistent', () => clock.now()),
    async runSelf(words) {
      events.push(`self ${words.join(' ')}`);
      return { stdout: options.selfAnswer ?? '', stderr: '', timedOut: false };
    },
    async runLive(run) {
      events.push('live');
      liveRun = run;
    },
  };
  const fake: FakeWorld = {
    world,
    died,
    out,
    err,
    events,
    clock,
    get engineOptions() {
      return engineOptions;
    },
    get liveRun() {
      return liveRun;
    },
    signal: (name) => void signals.emit(name),
  };
  return fake;
}

function fakeAddon(
  options: FakeOptions,
  clock: Clock,
  events: string[],
  remember: (given: EngineOptions) => void,
): Addon {
  class FakeEngine implements Engine {
    #started = 0;
    #stopped = false;
    constructor(given: EngineOptions) {
      if (options.failOnCreate) throw options.failOnCreate;
      remember(given);
    }
    start(): void {
      if (options.failOnStart) throw options.failOnStart;
      this.#started = clock.now();
      events.push('start');
    }
    snapshot(): ArrayBuffer {
      const ms = clock.now() - this.#started;
      const rows = options.rows?.(ms, this.#stopped) ?? {};
      const meta = { monotonicMs: clock.now(), realtimeMs: clock.now(), startedMs: this.#started, ...rows.meta?.[0] };
      return buildSnapshot({ ...rows, meta: [meta] });
    }
    stop(): void {
      this.#stopped = true;
      events.push('stop');
    }
  }
  class NoSelfTest implements SelfTest {
    readonly device = '';
    readonly v6 = false;
    constructor() {
      throw nativeError('kNotPermitted');
    }
    run = () => [];
    counters = () => ({ sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 });
    close = () => {};
  }
  return {
    schemaVersion: SCHEMA_VERSION,
    schema: [],
    reasons: [{ label: 'none', text: '' }],
    outcomes: [{ label: 'ok', text: '' }],
    Engine: FakeEngine,
    SelfTest: NoSelfTest,
    releaseBuffer: (buffer) => void structuredClone(buffer, { transfer: [buffer] }),
    probeSources: () => options.probes ?? [],
    listInterfaces: () =>
      (options.devices ?? ['lo', 'eth0']).map((name, i) => ({
        name: new TextEncoder().encode(name),
        index: i + 1,
        up: true,
        running: true,
        loopback: name === 'lo',
        addresses: [],
      })),
    listLinks: () => ({ links: [], addresses: [] }),
    listRoutes: () => [],
    socketTable: async () => options.sockets?.(clock.now()) ?? tableOf(),
    socketOwners: async () => options.owners ?? ownersOf([]),
    checkFilter: () => {},
    armTerminalRestore: () => {},
    disarmTerminalRestore: () => {},
    signalProcess: () => 'sent',
    selfUsage: () => ({ cpuMs: 1, rssBytes: 1 }),
    listenTcp: () => refuse(),
    listenUnix: () => refuse(),
    socketPair: () => refuse(),
    lockFolder: () => refuse(),
    notifyManager: () => refuse(),
    confine: () => refuse(),
    handOnCapabilities: () => refuse(),
  };
}

function fakeCredentials(uid: number, events: string[]): Credentials {
  const note = (name: string) => (id: unknown) => void events.push(`${name} ${id}`);
  return {
    geteuid: () => uid,
    getegid: () => uid,
    getgroups: () => [uid],
    initgroups: (user) => void events.push(`initgroups ${user}`),
    setgroups: note('setgroups'),
    setegid: note('setegid'),
    seteuid: note('seteuid'),
    setgid: note('setgid'),
    setuid: note('setuid'),
  };
}

/** No service is run in this world. */
function refuse(): never {
  throw nativeError('kNotPermitted');
}
