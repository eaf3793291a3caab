// Owns: the commands that nettrace has besides its run: a summary, what each takes, and how it is run.
// Knows nothing of: what they do. Each is loaded only when it is called.
import type { Shutdown } from '../app/shutdown.ts';
import type { World } from '../app/world.ts';
import type { CommandShape, Described } from './command-shape.ts';
import type { ExitCode } from './exit-codes.ts';

/** One call: the words behind the command's name. */
export interface Call {
  readonly world: World;
  readonly words: readonly string[];
  readonly version: string;
  readonly shutdown: Shutdown;
}

export interface CommandEntry {
  /** A clause for the NAME of its manual page and for completion. */
  readonly summary: string;
  readonly shape: () => Promise<CommandShape>;
  /** Undefined: parseCommandLine reads its words. */
  readonly run?: (call: Call) => Promise<ExitCode>;
}

const silent = () => {};

/** Each needs a manual page in man-texts.ts; a test says so. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  doctor: {
    summary: 'what works on this machine, with a self-test',
    shape: async () => (await import('./command-line.ts')).DOCTOR_SHAPE,
  },
  queues: {
    summary: 'which socket queues pile up, and why',
    shape: async () => {
      const [{ createQueuesCommand }, { shapeOf }] = await Promise.all([
        import('./queues-line.ts'),
        import('./command-shape.ts'),
      ]);
      return shapeOf(createQueuesCommand(silent));
    },
  },
  netstat: {
    summary: "netstat's tables: sockets, routes, devices, counters",
    shape: async () => (await import('./netstat-help.ts')).NETSTAT_SHAPE,
    run: async ({ world, words, version, shutdown }) =>
      (await import('./netstat.ts')).netstat(world, words, version, shutdown),
  },
  serve: {
    summary: 'a page, JSON and metrics over HTTP',
    shape: async () => {
      const [{ createServeCommand }, { shapeOf }] = await Promise.all([
        import('./serve.ts'),
        import('./command-shape.ts'),
      ]);
      return shapeOf(createServeCommand(silent));
    },
    run: async ({ world, words, version, shutdown }) =>
      (await import('./serve.ts')).serve(world, words, version, shutdown),
  },
  record: {
    summary: 'every refresh into a file',
    shape: async () => (await import('./record-line.ts')).RECORD_SHAPE,
    run: async ({ world, words, version, shutdown }) =>
      (await import('./record-line.ts')).record(world, words, version, shutdown),
  },
  replay: {
    summary: 'the live program over a recording',
    shape: async () => {
      const [{ createReplayCommand }, { shapeOf }] = await Promise.all([
        import('./replay.ts'),
        import('./command-shape.ts'),
      ]);
      return shapeOf(createReplayCommand(silent));
    },
    run: async ({ world, words, shutdown }) => (await import('./replay.ts')).replay(world, words, shutdown),
  },
  attach: {
    summary: 'the live program on a running service',
    shape: async () => {
      const [{ createAttachCommand }, { shapeOf }] = await Promise.all([
        import('./replay.ts'),
        import('./command-shape.ts'),
      ]);
      return shapeOf(createAttachCommand(silent));
    },
    run: async ({ world, words, shutdown }) => (await import('./replay.ts')).attach(world, words, shutdown),
  },
  budgets: {
    summary: 'what the budgets of a service have used',
    shape: async () => (await import('./budgets-line.ts')).BUDGETS_SHAPE,
    run: async ({ world, words }) => (await import('./budgets-line.ts')).budgets(world, words),
  },
  history: {
    summary: 'what was moved in the past',
    shape: async () => (await import('./history-line.ts')).HISTORY_SHAPE,
    run: async ({ world, words }) => (await import('./history-line.ts')).history(world, words),
  },
  fleet: {
    summary: 'all hosts that send metrics to one Prometheus',
    shape: async () => {
      const [{ createFleetCommand }, { shapeOf }] = await Promise.all([
        import('./fleet.ts'),
        import('./command-shape.ts'),
      ]);
      return shapeOf(createFleetCommand(silent));
    },
    run: async ({ world, words, shutdown }) => (await import('./fleet.ts')).fleet(world, words, shutdown),
  },
  man: {
    summary: 'manual pages, as troff',
    shape: async () => ({ ...(await import('./man.ts')).MAN_SHAPE, words: Object.keys(COMMANDS) }),
    run: async ({ world, words, version }) =>
      (await import('./man.ts')).man(world, words, version, await describeAll()),
  },
  completion: {
    summary: 'completion for a shell',
    shape: async () => (await import('./completion.ts')).COMPLETION_SHAPE,
    run: async ({ world, words }) => (await import('./completion.ts')).completion(world, words, await describeAll()),
  },
};

/** nettrace without a command, first, and every command. */
export async function describeAll(): Promise<readonly Described[]> {
  const [{ createCommand }, { shapeOf }] = await Promise.all([
    import('./command-line.ts'),
    import('./command-shape.ts'),
  ]);
  const own = {
    name: '',
    summary: 'which process moves which bytes over the network, live',
    shape: shapeOf(createCommand('', silent)),
  };
  const commands = Object.entries(COMMANDS).map(
    async ([name, { summary, shape }]): Promise<Described> => ({ name, summary, shape: await shape() }),
  );
  return [own, ...(await Promise.all(commands))];
}
