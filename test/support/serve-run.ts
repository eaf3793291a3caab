// Owns: a `nettrace serve` that a test starts: what it says, its children, its end; and a service manager that listens.
// Knows nothing of: what is tested.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from './sample-builder.ts';

export const MAIN = fileURLToPath(new URL('build/t/src/cli/main.js', PACKAGE_ROOT));

export interface Listener {
  readonly child: ChildProcess;
  said(): string;
  /** What was said from place `from` on, once that matches. Rejects if the program ends before. */
  heard(what: RegExp, from?: number): Promise<string>;
  readonly ended: Promise<number | null>;
}

export function listenTo(child: ChildProcess): Listener {
  let text = '';
  let over = false;
  const looks = new Set<() => void>();
  const more = (chunk: unknown) => {
    text += chunk;
    for (const look of [...looks]) look();
  };
  child.stdout?.on('data', more);
  child.stderr?.on('data', more);
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      over = true;
      for (const look of [...looks]) look();
      resolve(code);
    }),
  );
  return {
    child,
    said: () => text,
    ended,
    heard: (what, from = 0) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (what.test(text.slice(from))) resolve(text.slice(from));
          else if (over) reject(new Error(`ended before it said ${what}: ${text.slice(from)}`));
          else return;
          looks.delete(look);
        };
        looks.add(look);
        look();
      }),
  };
}

export interface Serving extends Listener {
  readonly folder: string;
  token(): string;
  /** Pid of the running child; 0 between two. */
  childOf(role: 'front' | 'collector'): number;
  /** Through its unix socket at `http.sock` of its folder, where it has one. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  kill(): void;
}

/** With a state folder of its own, which goes with it. */
export function serve(words: readonly string[], env: NodeJS.ProcessEnv = {}): Serving {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-faults-'));
  const line = [MAIN, 'serve', '--state-dir', folder, ...words.map((word) => word.replace('FOLDER', folder))];
  const child = spawn(process.execPath, line, { env: { ...process.env, ...env } });
  const token = () => readFileSync(join(folder, 'token'), 'latin1').trim();
  return {
    ...listenTo(child),
    folder,
    token,
    childOf: (role) => childOf(child.pid ?? 0, role),
    get: (path) => ask(join(folder, 'http.sock'), path, token()),
    kill() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Pid of the running child of a supervisor; 0 between two. */
export function childOf(pid: number, role: 'front' | 'collector'): number {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)) {
    try {
      if (readFileSync(`/proc/${child}/cmdline`, 'latin1').includes(`--role\0${role}`)) return Number(child);
    } catch {
      // it ended meanwhile
    }
  }
  return 0;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Header Retry-After. */
  readonly retryAfter: string | undefined;
}

/** As a reader who asks often must: told that these were too many requests, it waits for as long as it is told. */
export async function askWithin(path: string, target: string, token: string, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    const answer = await ask(path, target, token);
    if (answer.status !== 429) return answer;
    await setTimeout(Number(answer.retryAfter) * 1000, undefined, { signal });
  }
}

function ask(socketPath: string, path: string, token: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', Authorization: `Bearer ${token}` };
    request({ socketPath, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const retryAfter = response.headers['retry-after'];
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, retryAfter }));
    })
      .on('error', reject)
      .end();
  });
}

const MANAGER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " | "), flush=True)
`;

/** A datagram socket at a path, as systemd has it; what comes is a line each. */
export async function startManager(path: string): Promise<Listener> {
  const manager = listenTo(spawn('python3', ['-c', MANAGER, path]));
  await manager.heard(/ready/);
  return manager;
}
