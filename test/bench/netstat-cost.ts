// Owns: what `nettrace netstat -antp` needs with very many sockets, beside netstat and ss in the same rounds.
// Knows nothing of: what they print.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { has, NETTRACE } from '../e2e/places.ts';
import { type Figure, median } from './figures.ts';
import { programCost } from './offline.ts';

const SOCKETS = 20_000;
/** So that each stays far below a hard limit of open files of 20,000 and less. */
const PROCESSES = 8;

/** Pairs of connected sockets on loopback, in a network namespace of their own. */
const HOLDER = `
import os, socket, sys
each = int(sys.argv[1]) // (2 * int(sys.argv[2]))
for place in range(int(sys.argv[2])):
    ready, done = os.pipe()
    if os.fork() == 0:
        listener = socket.create_server(("127.0.0.1", 7000 + place), backlog=4096)
        keep = [(socket.create_connection(("127.0.0.1", 7000 + place)), listener.accept()) for _ in range(each)]
        os.write(done, b"x")
        os.close(done)
        sys.stdin.read()
        os._exit(0)
    os.close(done)
    os.read(ready, 1)
print("ready", os.getpid(), flush=True)
sys.stdin.read()
`;

/** @param body is given a process in that namespace; the sockets stay until it is done */
export async function withSockets<T>(body: (pid: string) => T | Promise<T>): Promise<T> {
  const script = 'ip link set lo up && exec /usr/bin/python3 -c "$0" "$@"';
  const words = ['-n', 'sh', '-c', script, HOLDER, String(SOCKETS), String(PROCESSES)];
  const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => holder.on('close', resolve));
  try {
    for await (const line of createInterface({ input: holder.stdout })) {
      const [word, pid] = line.split(' ');
      if (word === 'ready' && pid !== undefined) return await body(pid);
    }
    throw new Error('the sockets could not be made');
  } finally {
    holder.stdin.end();
    await ended;
  }
}

export async function netstatCost(rounds: number): Promise<readonly Figure[]> {
  const programs: readonly (readonly [name: string, words: readonly string[]])[] = [
    ['nettrace', [process.execPath, NETTRACE, 'netstat', '-antp']],
    ...['netstat', 'ss'].filter(has).map((name): readonly [string, readonly string[]] => [name, [name, '-antp']]),
  ];
  const costs = await withSockets((pid) => {
    const found = new Map(programs.map(([name]) => [name, { wall: [] as number[], cpu: [] as number[] }]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, words] of programs) {
        const { wall, cpu } = programCost(['nsenter', '-t', pid, '-n', ...words]);
        // The first round fills the kernel's caches for all of them.
        if (round === 0) continue;
        found.get(name)?.wall.push(wall * 1000);
        found.get(name)?.cpu.push(cpu * 1000);
      }
    }
    return found;
  });
  const figure = (what: string, key: 'wall' | 'cpu'): Figure => {
    const of = (name: string) => median(costs.get(name)?.[key] ?? []);
    const others = programs.slice(1).map(([name]) => ({ name, value: of(name) }));
    return {
      what: `${what} of netstat -antp with ${SOCKETS} sockets`,
      value: of('nettrace'),
      unit: 'ms',
      ...(others.length > 0
        ? { goal: { limit: Math.min(...others.map(({ value }) => value)), better: 'below' as const } }
        : {}),
      others,
      note: `median of ${rounds} rounds, one after the other in turn; the start of node is part of it`,
    };
  };
  return [figure('time', 'wall'), figure('CPU time', 'cpu')];
}
