// Tests: nettrace queues from its words to its exit code, in a world without a kernel.
import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { createUserNames } from '../src/app/queues/user-names.ts';
import { runProgram } from '../src/cli/run.ts';
import { createFakeWorld, type FakeOptions, type FakeWorld } from './support/fake-world.ts';
import { type InetParts, ownersOf, tableOf } from './support/socket-table-builder.ts';

async function run(words: string, options: FakeOptions = {}): Promise<FakeWorld & { readonly code: number }> {
  const fake = createFakeWorld(options);
  const code = await runProgram(fake.world, `queues ${words}`.trim().split(' '), '1.2.3');
  return Object.assign(fake, { code });
}

const UNREAD: InetParts = {
  ...{ protocol: 6, state: 1, inode: 4711, cookie: 9, receiveQueue: 127_480, localPort: 8080, remotePort: 51_022 },
  ...{ local: '10.0.0.1', remote: '10.0.0.31', tcp: { bytesReceived: 127_480 } },
};
const LISTENER: InetParts = { protocol: 6, state: 10, inode: 4712, cookie: 8, sendQueue: 128, localPort: 80 };
const owners = ownersOf([
  { pid: 12, name: 'ssh\u001b[31md', inodes: [4712] },
  { pid: 9201, name: 'node', inodes: [4711, 4711] },
  { pid: 9202, name: 'node', inodes: [4711] },
]);
const sockets = () => tableOf({ inet: [UNREAD, LISTENER], looked: 214 });

test('--once looks for a second and a half, prints what piles up with its owners, and ends with 4', async () => {
  let looks = 0;
  const counted = () => {
    looks++;
    return sockets();
  };
  const { code, out, err } = await run('--once', { sockets: counted, owners });
  deepEqual([code, err, looks], [4, [], 4]);
  equal(
    out.join(''),
    `QUEUE     SIZE    FOR  TREND   LOCAL          REMOTE           PROCESS       CAUSE
Recv-Q  127 kB  1.5 s  steady  10.0.0.1:8080  10.0.0.31:51022  node/9201 +1  the application does not read

1 queue piles up (214 sockets watched for 1.5 s).
`,
  );
});

test('where nothing piles up that is said, and the code is 0', async () => {
  const { code, out } = await run('--once', { sockets: () => tableOf({ inet: [LISTENER], looked: 3 }) });
  deepEqual([code, out.join('')], [0, 'No queue piles up (3 sockets watched for 1.5 s).\n']);
});

test('--every lists listeners too, with a mark at what piles up and hostile names made harmless', async () => {
  const { out } = await run('--once --every', { sockets, owners });
  match(out.join(''), /^! {2}Recv-Q /m);
  match(out.join(''), /^ {3}backlog +0\/128 +- +- +0\.0\.0\.0:80 +- +ssh\\x1b\[31md\/12 +-$/m);
});

test('a longer --queue-after makes --once look longer', async () => {
  const { code, out } = await run('--once --queue-after 3', { sockets, owners });
  deepEqual([code, /watched for ([\d.]+) s/.exec(out.join(''))?.[1]], [4, '3.0']);
});

/** The same in a world where the reading of the sockets takes so long at each look, and `early` timers fire early. */
async function runSlowly(words: string, tookMs: readonly number[], early = 0): Promise<{ code: number; out: string }> {
  const fake = createFakeWorld({ sockets, owners });
  const { clock } = fake.world;
  const sleep = (ms: number, stop: AbortSignal) => clock.sleep(Math.max(0, ms - (ms > 1 ? early : 0)), stop);
  let looks = 0;
  const world = {
    ...fake.world,
    clock: { ...clock, sleep },
    loadAddon: async () => {
      const addon = await fake.world.loadAddon();
      const socketTable: typeof addon.socketTable = async (request) => {
        await clock.sleep(tookMs[looks++] ?? tookMs.at(-1) ?? 0, new AbortController().signal);
        return addon.socketTable(request);
      };
      return { ...addon, socketTable };
    },
  };
  const code = await runProgram(world, `queues ${words}`.split(' '), '1.2.3');
  return { code, out: fake.out.join('') };
}

test('--once is sure however long each look takes, and where timers fire early', async () => {
  const found = async (words: string, tookMs: readonly number[], early?: number) => {
    const { code, out } = await runSlowly(words, tookMs, early);
    return [code, /watched for ([\d.]+) s/.exec(out)?.[1]];
  };
  deepEqual(await found('--once', [60, 10]), [4, '1.5'], 'the first look is the slowest');
  deepEqual(await found('--once', [5], 0.7), [4, '1.5'], 'timers fire early');
  deepEqual(await found('--once --queue-after 3', [80, 3]), [4, '3.0']);
  deepEqual(await found('--once --queue-after 1', [80, 3]), [4, '1.5']);
  deepEqual(await found('--once --queue-after 0.1', [80, 3]), [4, '1.5']);
  deepEqual(await found('--once --every', [1900, 2]), [4, '1.5'], 'one look takes longer than all of them together');
  deepEqual(await found('--once', [700]), [4, '2.6'], 'every look takes long: four of them');
  const { code, out } = await runSlowly('--once --json', [60, 10]);
  deepEqual([code, JSON.parse(out).raised], [4, 1]);
});

test('--units says how rates and sizes are written; a queue is bytes, and JSON stays as it is', async () => {
  const slow = (ms: number) => tableOf({ inet: [{ ...UNREAD, tcp: { bytesReceived: 127_480 + 10 * ms } }] });
  const said = async (words: string) => (await run(`--once ${words}`, { sockets: slow, owners })).out.join('');
  match(await said(''), / 127 kB .* the application reads slowly, 10\.0 kB\/s$/m);
  match(await said('--units binary'), / 124 KiB .* the application reads slowly, 9\.77 KiB\/s$/m);
  match(await said('--units bits'), / 127 kB .* the application reads slowly, 80\.0 kbit\/s$/m);
  match(await said('--units binary-bits'), / 124 KiB .* the application reads slowly, 78\.1 Kibit\/s$/m);
  const [queue] = JSON.parse(await said('--units bits --json')).queues;
  deepEqual([queue.size, queue.causeText], [127_480, 'the application reads slowly, 10.0 kB/s']);
  const { out } = await run('-c 3 --units bits', { sockets: slow, owners });
  match(out.join(''), /Recv-Q 127 kB for 2 s from .*: the application reads slowly, 80\.0 kbit\/s$/m);
});

test('JSON has one object a look, with what piles up alone', async () => {
  const { code, out } = await run('--json -c 3', { sockets, owners });
  equal(code, 4);
  const looks = out.map((line) => JSON.parse(line));
  deepEqual(
    looks.map((look) => [look.type, look.version, look.raised, look.looked, look.queues.length]),
    [
      ['queues', 1, 0, 214, 0],
      ['queues', 1, 0, 214, 0],
      ['queues', 1, 1, 214, 1],
    ],
  );
  deepEqual(looks[2].queues[0].owners, [
    { pid: 9201, name: 'node' },
    { pid: 9202, name: 'node' },
  ]);
});

test('JSON names the user of a socket, unless no program has it', async () => {
  const nobody = 4_242_424;
  const inet = [
    { ...UNREAD, uid: nobody },
    { ...LISTENER, cookie: 7, inode: 0, localPort: 81 },
  ];
  const { out } = await run('--once --every --json', { sockets: () => tableOf({ inet }), owners });
  const { queues } = JSON.parse(out[0] ?? '');
  deepEqual(
    queues.map((queue: { uid: number; user: string | null }) => [queue.uid, queue.user]),
    [
      [nobody, '4242424'],
      [0, null],
    ],
  );
});

test('a user who is new is looked up in a file that is read again, all others in what was read', () => {
  const texts = ['root:x:0:0::/:/bin/sh\n', 'root:x:0:0::/:/bin/sh\nwww\u001b:x:33:33::/:/bin/sh\n'];
  let reads = 0;
  const nameOf = createUserNames(() => texts[reads++] ?? '');
  deepEqual(
    [nameOf(0), nameOf(33), nameOf(0), nameOf(33), nameOf(7), nameOf(7)],
    ['root', 'www\\x1b', 'root', 'www\\x1b', '7', '7'],
  );
  equal(reads, 3);
});

test('without --once a line tells of each pile-up that begins, and of its end', async () => {
  const then = (ms: number) => (ms < 4500 ? sockets() : tableOf({ inet: [LISTENER] }));
  const { code, out } = await run('-c 6', { sockets: then, owners });
  equal(code, 0);
  const lines = out.join('').trimEnd().split('\n');
  deepEqual(
    lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, '')),
    [
      'begins  node/9201 +1  Recv-Q 127 kB for 2 s from 10.0.0.31:51022: the application does not read',
      'ends    node/9201 +1  Recv-Q 127 kB for 3 s from 10.0.0.31:51022: the application does not read',
    ],
  );
});

test('--json tells of queues too, once they were looked at, and the log of each that begins', async () => {
  const fake = createFakeWorld({ sockets, owners });
  equal(await runProgram(fake.world, ['--json', '-c', '5'], '1'), 0);
  const lines = fake.out.map((line) => JSON.parse(line).queues);
  equal(lines[0], null);
  deepEqual([lines[4].raised, lines[4].looked, lines[4].queues[0].cause], [1, 214, 'not-reading']);
  equal(fake.err.filter((line) => line.includes('node 9201: Recv-Q 127 kB for')).length, 1);
});

test('wrong words are one sentence that says what is right', async () => {
  const wrong = async (words: string) => {
    const { code, err, out } = await run(words);
    deepEqual([code, out], [1, []]);
    return err.join('');
  };
  match(
    await wrong('--onec'),
    /^nettrace: unknown option '--onec' \(did you mean --once\?\); see "nettrace queues --h/,
  );
  match(await wrong('eth0'), /^nettrace: queues takes no "eth0": it looks at all sockets;/);
  match(await wrong('--queue-loss 0'), /^nettrace: --queue-loss must be a whole number from 1 to 100, not "0"/);
  match(await wrong('--once -c 3'), /^nettrace: --once and -c exclude each other/);
});

test('the help of the command needs no addon', async () => {
  const { code, out } = await run('--help', { loadError: new Error('none') });
  equal(code, 0);
  match(out.join(''), /Exit codes: 0 nothing piles up, 1 could not start, 4 something does/);
});

test('a queue of another network namespace says in which one it is, and reads the overflows there', async () => {
  const read: string[] = [];
  const names = 'TcpExt: SyncookiesSent ListenOverflows';
  const full = { ...LISTENER, namespace: 1, receiveQueue: 129 };
  const fake = createFakeWorld({
    sockets: () =>
      tableOf({
        inet: [full],
        namespaces: [
          { inode: 1, pid: 1 },
          { inode: 4026, pid: 77 },
        ],
      }),
    owners,
  });
  const world = {
    ...fake.world,
    readProc: (path: string) => {
      read.push(path);
      return `${names}\nTcpExt: 0 ${10 * read.length}\n`;
    },
  };
  const code = await runProgram(world, ['queues', '--once', '--json'], '1');
  deepEqual([code, ...new Set(read)], [4, '77/net/netstat']);
  const [queue] = JSON.parse(fake.out[0] ?? '').queues;
  deepEqual([queue.netns, queue.cause], [4026, 'not-accepting']);
  match(queue.causeText, /, 20 a second are dropped$/);
});
