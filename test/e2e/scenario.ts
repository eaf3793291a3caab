// Owns: what a truth scenario is, its tools, and one run of it with nettrace (and nethogs) watching.
// Knows nothing of: the single scenarios.
import { setTimeout } from 'node:timers/promises';
import { type Nethogs, type NethogsSaw, nethogs } from './nethogs.ts';
import { generator } from './places.ts';
import type { Program } from './program.ts';
import { type Expected, judge, rulesOf, type Truth, traffic, type Verdict } from './verdict.ts';
import { type Watched, watch } from './watch.ts';
import type { Counters, Site, World } from './world.ts';

/** What a process of the generator reports at its end. */
export interface Report {
  readonly role: string;
  readonly pid: number;
  readonly wireSent: number;
  readonly wireReceived: number;
  readonly connections: number;
  readonly seconds: number;
}

/** A running generator. */
export interface Traffic {
  readonly pid: number;
  ready(): Promise<void>;
  /** Ends its standard input, waits for its end and returns what its processes reported. */
  finish(): Promise<readonly Report[]>;
}

/** Where a generator runs. */
export type Place = Pick<Site, 'start'>;

export interface Stage {
  readonly world: World;
  /** Multiplies amounts: 1 in the short run. */
  readonly scale: number;
  /** A port that no scenario of this world has used. */
  freshPort(): number;
  /** Starts `traffic WORDS`. */
  traffic(site: Place, ...words: readonly (string | number)[]): Traffic;
  /** Starts a server and waits until it is ready. */
  serve(site: Place, ...words: readonly (string | number)[]): Promise<Traffic>;
}

export interface Scenario {
  readonly name: string;
  /** Interfaces to watch beside the host's own. */
  readonly loopback?: boolean;
  /** Another interface of the host to watch, instead of its own. */
  readonly device?: string;
  /** What must be there before anybody watches. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /** Why it cannot be run here, in words; false if it can. */
  readonly impossible?: () => string | false;
  run(stage: Stage): Promise<Truth>;
}

function watchReports(program: Program): Traffic {
  const reports: Report[] = [];
  program.onLine((line) => {
    const report = JSON.parse(line) as Report;
    if (report.role !== 'ready') reports.push(report);
  });
  return {
    pid: program.pid,
    ready: async () => void (await program.line((line) => line.includes('"ready"'), 'the generator is ready')),
    async finish() {
      program.endInput();
      const { code, signal, stderr } = await program.ended;
      if (code !== 0) throw new Error(`traffic ended with ${code ?? signal}: ${stderr}`);
      return reports;
    },
  };
}

let port = 20_000;

export function createStage(world: World, scale: number): Stage {
  const start = (site: Place, words: readonly (string | number)[]) =>
    watchReports(site.start(generator('traffic'), words.map(String)));
  return {
    world,
    scale,
    freshPort: () => ++port,
    traffic: (site, ...words) => start(site, words),
    async serve(site, ...words) {
      const server = start(site, words);
      await server.ready();
      return server;
    },
  };
}

/** Largest frame of the tests' wire. */
const FRAME = 1514;

/** What processes that ended reported is what nettrace must say; up to two segments of each connection came later. */
export function moved(...reports: readonly (readonly Report[])[]): Expected[] {
  return reports.flat().map((report) => ({
    pid: report.pid,
    sent: report.wireSent,
    received: report.wireReceived,
    slack: Math.max(1, report.connections) * 100 + FRAME,
  }));
}

/** Several scenarios at the same time, watched and judged as one. */
export function together(name: string, all: readonly Scenario[]): Scenario {
  const scenarios = all.filter(({ impossible }) => !impossible?.());
  return {
    name,
    loopback: scenarios.some(({ loopback }) => loopback),
    prepare: async (stage) => void (await Promise.all(scenarios.map(({ prepare }) => prepare?.(stage)))),
    async run(stage) {
      const truths = await Promise.all(scenarios.map((scenario) => scenario.run(stage)));
      const expected = truths.flatMap((truth, i) =>
        truth.expected.map((one) => ({ ...one, what: scenarios[i]?.name ?? '' })),
      );
      const bystanders = truths.flatMap((truth) => truth.bystanders ?? []);
      return { expected, bystanders, nameable: truths.every(({ nameable }) => nameable) };
    },
  };
}

/** One process that talked to these peers alone can have received what they sent, whatever its own count says. */
export function fromPeers(ends: readonly Expected[], peers: readonly Expected[]): readonly Expected[] {
  if (ends.length !== 1) return ends;
  const sent = peers.reduce((all, one) => all + one.sent, 0);
  return ends.map((end) => ({ ...end, receivedAtMost: Math.max(sent, end.received) }));
}

/** What one run of nettrace said. */
export interface Column {
  /** As `--engine` names it; undefined: nettrace's own choice. */
  readonly engine: string | undefined;
  readonly verdict: Verdict;
  readonly watched: Watched;
}

export interface Outcome {
  /** One for each engine that was asked for, all on the same traffic. */
  readonly columns: readonly Column[];
  /** Bytes that nethogs gave to processes that moved them, and to others. */
  readonly nethogs: { readonly right: number; readonly wrong: number; readonly saw: NethogsSaw } | undefined;
}

function compare(saw: NethogsSaw, truth: Truth): NonNullable<Outcome['nethogs']> {
  let [right, wrong] = [0, 0];
  const expected = new Map<number, number>();
  for (const one of truth.expected) {
    expected.set(one.pid, (expected.get(one.pid) ?? 0) + one.sent + one.received + one.slack);
  }
  for (const [pid, bytes] of saw.byPid) {
    const real = Math.min(bytes, (expected.get(pid) ?? 0) * 1.001);
    right += real;
    wrong += bytes - real;
  }
  return { right, wrong, saw };
}

export interface Options {
  /** Names for `--engine`; without any, one nettrace runs as it likes. */
  readonly engines?: readonly string[];
  readonly nethogs?: boolean;
  /** Waits so long before the end, to tell what is lost at the end from what is lost before. */
  readonly settleMs?: number;
}

export function engineWords(engine: string | undefined): string[] {
  return engine === undefined ? [] : ['--engine', engine];
}

/** The loopback device counts its frames without their Ethernet headers (drivers/net/loopback.c), a veth with them. */
async function wireCounters(site: Site, device: string): Promise<Counters> {
  const counters = await site.counters(device);
  if (device !== 'lo') return counters;
  const { receivedBytes, sentBytes, receivedPackets, sentPackets } = counters;
  const headers = (packets: number) => packets * 14;
  return {
    ...counters,
    receivedBytes: receivedBytes + headers(receivedPackets),
    sentBytes: sentBytes + headers(sentPackets),
  };
}

/**
 * One scenario from start to verdict. nettrace is stopped the moment the last generator has ended: what lies in its
 * rings then must be in its last line. nethogs, which knows no such thing, is given two refreshes more.
 */
export async function perform(stage: Stage, scenario: Scenario, options: Options = {}): Promise<Outcome> {
  const { host } = stage.world;
  await scenario.prepare?.(stage);
  const own = scenario.device ?? host.device;
  const devices = scenario.loopback ? [own, 'lo'] : [own];
  const counters = () => Promise.all(devices.map((device) => wireCounters(host, device)));
  const engines = options.engines?.length ? options.engines : [undefined];
  const nettraces = engines.map((engine) => ({
    engine,
    watch: watch(host, ['-d', '0.5', ...engineWords(engine), ...(scenario.loopback ? ['-a'] : devices)]),
  }));
  // nethogs refuses a device without an address, as a port of a bridge is.
  const other: Nethogs | undefined = options.nethogs && !scenario.device ? nethogs(host, devices) : undefined;
  await Promise.all([...nettraces.map(({ watch }) => watch.ready()), other?.ready()]);
  const before = await counters();
  const truth = await scenario.run(stage);
  await setTimeout(options.settleMs ?? 0);
  const stopped = await Promise.all(
    nettraces.map(async ({ engine, watch }) => ({ engine, watched: await watch.stop() })),
  );
  const after = await counters();
  const wire = after.reduce((all, one, i) => all + traffic(before[i] ?? one, one), 0);
  const saw = await other?.stop();
  const columns = stopped.map(({ engine, watched }) => {
    return { engine, watched, verdict: judge(watched, truth, wire, rulesOf(engine)) };
  });
  return { columns, nethogs: saw && compare(saw, truth) };
}
