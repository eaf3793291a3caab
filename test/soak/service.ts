// Owns: a real `nettrace serve` in a namespace: its processes, what it said, questions to it, its end.
// Knows nothing of: what is done to it.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { NETTRACE } from '../e2e/places.ts';
import type { Program } from '../e2e/program.ts';
import type { Site } from '../e2e/world.ts';

export type Role = 'collector' | 'front';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Service {
  readonly program: Program;
  readonly port: number;
  readonly folder: string;
  readonly token: string;
  /** Everything on standard error so far. */
  said(): string;
  /** Resolves with the text from place `from` on, once that matches. */
  heard(what: RegExp, from?: number, withinMs?: number): Promise<string>;
  /** The running child; 0 between two of them. */
  child(role: Role): number;
  get(path: string): Promise<Answer>;
  snapshot(): Promise<Snapshot>;
  /** SIGTERM; how long that took in ms, and the exit code, or the signal that ended it. */
  end(): Promise<{ readonly tookMs: number; readonly code: number | string }>;
}

interface Both {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface Snapshot {
  readonly time: string;
  readonly total: { readonly sentTotal: number; readonly receivedTotal: number };
  readonly drops: { readonly kernel: number };
  readonly interfaces: readonly {
    readonly name: string;
    readonly kernelDrops: number;
    readonly ledger: { readonly wire: Both };
  }[];
  readonly service: { readonly gaps: readonly { readonly from: string; readonly to: string }[] };
}

export interface Setting {
  /** Its state folder, which is there. */
  readonly folder: string;
  readonly port: number;
  /** Further words of the command line, devices last. */
  readonly words: readonly string[];
  /** Words for node before the program. */
  readonly node?: readonly string[];
  readonly limitMs?: number;
}

/** Asked through a unix socket, which is reached from every namespace; hostile clients come to the port. */
export async function startService(site: Site, setting: Setting): Promise<Service> {
  const { folder, port, words, node = [], limitMs = 4 * 3600_000 } = setting;
  const path = join(folder, 'http.sock');
  const places = ['--listen', `127.0.0.1:${port}`, '--listen', `unix:${path}`, '--state-dir', folder];
  // Standard error is joined to what is read line by line: it is all that a service says.
  const line = ['-c', 'exec "$@" 2>&1', 'sh', process.execPath, ...node, NETTRACE, 'serve', ...places, ...words];
  const program = site.start('sh', line, limitMs);
  let text = '';
  const waiting = new Set<() => void>();
  program.onLine((more) => {
    text += `${more}\n`;
    for (const wake of [...waiting]) wake();
  });
  const heard = (what: RegExp, from = 0, withinMs = 60_000) =>
    new Promise<string>((resolve, reject) => {
      const stop = (act: () => void) => {
        clearTimeout(late);
        waiting.delete(look);
        act();
      };
      const late = setTimeout(
        () => stop(() => reject(new Error(`not said: ${what}; but: ${text.slice(from)}`))),
        withinMs,
      );
      const look = () => {
        if (what.test(text.slice(from))) stop(() => resolve(text.slice(from)));
      };
      waiting.add(look);
      look();
      program.ended.then(() => stop(() => reject(new Error(`ended before it said ${what}: ${text.slice(from)}`))));
    });
  await heard(/serving/);
  const token = readFileSync(join(folder, 'token'), 'latin1').trim();
  const get = (target: string) => ask(path, target, token);
  return {
    program,
    port,
    folder,
    token,
    said: () => text,
    heard,
    child: (role) => childOf(program.pid, role),
    get,
    async snapshot() {
      const { status, text: body } = await get('/api/v1/snapshot');
      if (status !== 200) throw new Error(`the snapshot was answered with ${status}: ${body.slice(0, 200)}`);
      return JSON.parse(body) as Snapshot;
    },
    async end() {
      const began = performance.now();
      program.signal('SIGTERM');
      const { code, signal } = await program.ended;
      return { tookMs: performance.now() - began, code: code ?? signal ?? '' };
    },
  };
}

function ask(socketPath: string, path: string, token: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', Authorization: `Bearer ${token}` };
    const asked = request({ socketPath, path, headers, agent: false, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`${path}: no answer within 30 s`)));
    asked.on('error', reject);
    asked.end();
  });
}

/** Children of a process are listed by its threads (proc(5)); the command line says which one it is. */
export function childOf(pid: number, role: Role): number {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)) {
    try {
      if (readFileSync(`/proc/${child}/cmdline`, 'latin1').includes(`--role\0${role}`)) return Number(child);
    } catch {
      // it ended meanwhile
    }
  }
  return 0;
}
