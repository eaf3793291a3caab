// Owns: a program that a test runs: its lines of output as they come, its end, and that it never outlives the test.
// Knows nothing of: namespaces and what the lines mean.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export interface Program {
  readonly pid: number;
  /** Hears of every piece of standard output as it comes. */
  onData(listener: (text: string) => void): void;
  /** Hears of every line of standard output, from the first. */
  onLine(listener: (line: string) => void): void;
  /** The first line, past or coming, that is accepted. Rejects if the program ends before, or after `withinMs`. */
  line(accept: (line: string) => boolean, what: string, withinMs?: number): Promise<string>;
  /** Ends its standard input. */
  endInput(): void;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** For the end of a test that went wrong. */
export function killEverything(): void {
  for (const child of running) child.kill('SIGKILL');
}

interface Limits {
  /** After this it is killed, whatever it does. */
  readonly limitMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

const STDERR_KEPT = 20_000;

export function start(command: string, args: readonly string[], { limitMs = 120_000, env }: Limits = {}): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: env ?? process.env });
  running.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  // A program that has ended already does not read.
  child.stdin.on('error', () => {});
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 5000) lines.shift();
    for (const listener of [...listeners]) listener(line);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, signal, stderr });
    });
  });
  const onLine = (listener: (line: string) => void) => {
    for (const line of lines) listener(line);
    listeners.add(listener);
  };
  return {
    pid: child.pid ?? 0,
    onData: (listener) => void child.stdout.on('data', (chunk) => listener(String(chunk))),
    onLine,
    line: (accept, what, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => settle(() => reject(new Error(`${what}: not within ${withinMs} ms`))), withinMs);
        const settle = (act: () => void) => {
          clearTimeout(late);
          listeners.delete(listener);
          act();
        };
        const listener = (line: string) => {
          if (accept(line)) settle(() => resolve(line));
        };
        onLine(listener);
        ended.then(
          (end) => settle(() => reject(new Error(`${what}: ended before, ${end.code ?? end.signal}: ${end.stderr}`))),
          (error) => settle(() => reject(error)),
        );
      }),
    endInput: () => void child.stdin.end(),
    signal: (signal) => void child.kill(signal),
    ended,
  };
}
