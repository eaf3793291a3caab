// Owns: one child of the service: started, watched by its pulse, started again with a growing wait, ended.
// Knows nothing of: what it does.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { sanitize } from '../../base/sanitize.ts';
import { type ChildWords, createChildWords } from './child-words.ts';
import { PULSE, type Role } from './request.ts';

export interface KeeperParts {
  readonly role: Role;
  readonly program: readonly string[];
  /** Descriptors from 3 on; undefined: the pulse. */
  readonly descriptors: readonly (number | 'pipe')[];
  /** Made anew for each start. */
  readonly orders: () => unknown;
  /** Around the start of the process. */
  readonly starting: (start: () => ChildProcess) => ChildProcess;
  readonly say: (text: string) => void;
  /** One that says nothing for so long hangs, and is ended. */
  readonly silenceMs: number;
  /** Hears that it ended and is started again, as a sentence. */
  readonly onEnded: (sentence: string) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly onReady: () => void;
  readonly onUsed: () => void;
  /** It cannot be kept running: a sentence, and whether it never began. */
  readonly onFailure: (sentence: string, began: boolean) => void;
}

export interface Keeper {
  /** A pulse came not long ago. */
  alive(): boolean;
  readonly pid: number | undefined;
  /** Settles when it has ended. */
  stop(): Promise<void>;
}

const MOST_ENDS = 5;
const ENDS_WITHIN_MS = 60_000;
const FIRST_WAIT_MS = 100;
/** One that is starting loads its code first, which takes its time on a machine that is short of it. */
const START_LIMIT_MS = 60_000;
const WATCH_MS = 1000;
const START_EXIT = 1;
const END_LIMIT_MS = 1_300;

export function keepRunning(parts: KeeperParts): Keeper {
  const ends: number[] = [];
  let child: ChildProcess | undefined;
  let stopped = false;
  let beganOnce = false;
  let heardMs = parts.now();
  let ready = false;
  let wait: NodeJS.Timeout | undefined;

  const start = () => {
    const now = parts.now();
    heardMs = now;
    ready = false;
    const words = createChildWords((text) => parts.say(`${parts.role}: ${text}`), parts.now);
    const options: SpawnOptions = {
      stdio: ['pipe', 'ignore', 'pipe', ...parts.descriptors],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', UV_USE_IO_URING: '0', ...ownEnv() },
    };
    const [command = '', ...line] = [...parts.program, 'serve', '--role', parts.role];
    const started = parts.starting(() => spawn(command, line, options));
    child = started;
    const orders = started.stdin as Writable;
    orders.on('error', () => {});
    orders.write(`${JSON.stringify(parts.orders())}\n`);
    const pulse = started.stdio[4] as Readable;
    pulse.on('error', () => {});
    pulse.on('data', (bytes: Buffer) => {
      heardMs = parts.now();
      if (bytes.includes(PULSE.used)) parts.onUsed();
      if (bytes.includes(PULSE.ready) && !ready) {
        ready = true;
        beganOnce = true;
        words.started();
        parts.onReady();
      }
    });
    started.stderr?.on('data', words.take);
    started.on('error', (error) => parts.onFailure(sanitize(error.message, 200), beganOnce));
    started.on('close', (code, signal) => ended(code, signal, words));
  };

  const ended = (code: number | null, signal: string | null, words: ChildWords) => {
    child = undefined;
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    if (!stopped && !beganOnce && code === START_EXIT) {
      return parts.onFailure(words.failed() || `the ${parts.role} ${how}`, false);
    }
    const last = words.ended();
    if (stopped) return;
    const now = parts.now();
    ends.push(now);
    while (now - (ends[0] ?? now) > ENDS_WITHIN_MS) ends.shift();
    if (ends.length > MOST_ENDS) {
      return parts.onFailure(
        `the ${parts.role} ended ${ends.length} times within a minute (${last || how})`,
        beganOnce,
      );
    }
    const waitMs = FIRST_WAIT_MS * 2 ** (ends.length - 1);
    const text = `the ${parts.role} ${how}; it is started again in ${waitMs / 1000} s`;
    parts.say(text);
    parts.onEnded(text);
    wait = setTimeout(start, waitMs);
  };

  const isSilent = () => parts.now() - heardMs > (ready ? parts.silenceMs : START_LIMIT_MS);
  let watchedMs = parts.now();
  const watch = setInterval(() => {
    const now = parts.now();
    // Where this process was not run either, nobody was: that is no silence.
    heardMs += Math.max(0, now - watchedMs - 2 * WATCH_MS);
    watchedMs = now;
    if (child !== undefined && isSilent()) child.kill('SIGKILL');
  }, WATCH_MS);
  start();
  return {
    alive: () => child !== undefined && !isSilent(),
    get pid() {
      return child?.pid;
    },
    stop() {
      stopped = true;
      clearInterval(watch);
      clearTimeout(wait);
      const ending = child;
      if (ending === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const kill = setTimeout(() => ending.kill('SIGKILL'), END_LIMIT_MS);
        ending.on('exit', () => {
          clearTimeout(kill);
          resolve();
        });
        ending.kill('SIGTERM');
        ending.stdin?.end();
      });
    },
  };
}

/** Days and hours are those of the time zone in which the service was started. */
function ownEnv(): Record<string, string> {
  const { NETTRACE_DEBUG: debug, TZ: zone } = process.env;
  return { ...(debug === '1' ? { NETTRACE_DEBUG: '1' } : {}), ...(zone === undefined ? {} : { TZ: zone }) };
}
