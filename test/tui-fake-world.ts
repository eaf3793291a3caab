// Owns: a terminal's world made of values: a log of everything that was done, and levers for everything that happens.
// Knows nothing of: the terminal under test.
import type { TerminalSignal, TerminalSize, TerminalWorld, WriteResult } from '../src/tui/terminal-world.ts';

export interface FakeWorld extends TerminalWorld {
  /** What was done, in order: 'arm', 'raw on', 'last <text>', 'write <text>', 'raise SIGTSTP group' ... */
  readonly log: string[];
  /** The log since the last call. */
  take(): string[];
  signal(name: TerminalSignal): void;
  crash(): void;
  exit(): void;
  type(text: string): void;
  hangUp(): void;
  /** Runs timers that are due within the next milliseconds. */
  pass(milliseconds: number): void;
  /** Handlers and timers still attached. */
  attached(): string[];
  result: WriteResult;
  driverSize: TerminalSize;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export function createFakeWorld(env: TerminalWorld['env'] = {}): FakeWorld {
  const log: string[] = [];
  const handlers = new Map<string, Set<() => void>>();
  const timers = new Set<Timer>();
  let now = 0;
  let onData: ((chunk: Uint8Array) => void) | undefined;
  const decoder = new TextDecoder();

  const listen = (name: string, handler: () => void): (() => void) => {
    const set = handlers.get(name) ?? new Set();
    handlers.set(name, set.add(handler));
    return () => set.delete(handler);
  };
  const fire = (name: string): void => {
    for (const handler of [...(handlers.get(name) ?? [])]) handler();
  };

  const world: FakeWorld = {
    log,
    take: () => log.splice(0),
    signal: fire,
    crash: () => fire('crash'),
    exit: () => fire('exit'),
    hangUp: () => fire('end'),
    type: (text) => onData?.(new TextEncoder().encode(text)),
    pass(milliseconds) {
      const until = now + milliseconds;
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = due.at;
        timers.delete(due);
        due.callback();
      }
      now = until;
    },
    attached: () => [
      ...[...handlers].filter(([, set]) => set.size > 0).map(([name]) => name),
      ...[...timers].map(() => 'timer'),
    ],
    result: 'written',
    driverSize: { columns: 20, rows: 3 },
    input: {
      setRawMode: (raw) => log.push(raw ? 'raw on' : 'raw off'),
      listen(data, end) {
        onData = data;
        const stop = listen('end', end);
        return () => {
          onData = undefined;
          stop();
        };
      },
    },
    output: {
      write(bytes) {
        log.push(`write ${decoder.decode(bytes)}`);
        return world.result;
      },
      flush() {
        log.push('flush');
        return world.result;
      },
      writeLast: (text) => log.push(`last ${text}`),
      size: () => world.driverSize,
      close: () => log.push('close'),
    },
    events: {
      onSignal: listen,
      onCrash: (handler) => listen('crash', handler),
      onExit: (handler) => listen('exit', handler),
      raise: (signal, to) => log.push(`raise ${signal} ${to}, its handlers: ${handlers.get(signal)?.size ?? 0}`),
    },
    timers: {
      after(milliseconds, callback) {
        const timer = { at: now + milliseconds, callback };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    env,
    crashGuard: { arm: (leave) => log.push(`arm ${leave}`), disarm: () => log.push('disarm') },
  };
  return world;
}
