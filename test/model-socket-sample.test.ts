// Tests: the socket table as readings: which sockets, their names and keys, and how many at most.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleSockets } from '../src/model/socket-sample.ts';
import { tableOf } from './support/socket-table-builder.ts';

const noOverflows = () => undefined;
const TCP = { protocol: 6, state: 1, inode: 7 };

test('a socket has its ends, its timer and what tcp_info says', () => {
  const table = tableOf({
    inet: [
      {
        ...{ ...TCP, cookie: 77, local: '10.0.0.1', localPort: 6379, remote: '10.0.0.31', remotePort: 51_022 },
        ...{ timer: 4, expiresMs: 400, probes: 2, retries: 1, sendQueue: 9, drops: 3 },
        tcp: { minRtt: 0xffff_ffff, rto: 204_000, receiveWindowLimited: 5 },
      },
    ],
  });
  const [socket] = sampleSockets(table, 1, noOverflows).sockets;
  assert.deepEqual(
    [socket?.key, socket?.localAddress, socket?.remotePort, socket?.timer, socket?.drops],
    ['77', '10.0.0.1', 51_022, 'probe', 0],
  );
  const { tcp } = socket ?? {};
  assert.deepEqual([tcp?.probes, tcp?.retransmits, tcp?.rtoMs, tcp?.windowLimitedUs], [2, 1, 204, 5]);
  assert.equal(tcp?.minRttUs, undefined, 'nothing was measured yet');
});

test('states and timers have the names of their numbers', () => {
  const states = [1, 2, 4, 8, 10, 11].map((state) => ({ ...TCP, state, receiveQueue: 1 }));
  assert.deepEqual(
    sampleSockets(tableOf({ inet: states }), 1, noOverflows)
      .sockets.map((socket) => socket.state)
      .sort(),
    ['close-wait', 'closing', 'established', 'fin-wait-1', 'listen', 'syn-sent'],
  );
});

test('where /proc was read, two sockets without a cookie have different keys', () => {
  const inet = [1, 2].map((remotePort) => ({ ...TCP, remotePort, remote: '10.0.0.9', receiveQueue: 1 }));
  const keys = sampleSockets(tableOf({ inet }), 1, noOverflows).sockets.map((socket) => socket.key);
  assert.equal(new Set(keys).size, 2);
});

test('names of unix sockets are made harmless, abstract ones have an @', () => {
  const unix = [
    { state: 10, inode: 1, cookie: 1, name: '/run/redis.sock' },
    { state: 10, inode: 2, cookie: 2, name: '\0abstract\u001b[31m' },
    { state: 10, inode: 3, cookie: 3, name: Uint8Array.of(0x2f, 0xff) },
  ];
  assert.deepEqual(
    sampleSockets(tableOf({ unix }), 1, noOverflows).sockets.map((socket) => socket.localAddress),
    ['/run/redis.sock', '@abstract\\x1b[31m', '/\\xff'],
  );
});

test('of thousands of queues the longest are kept, and listeners whatever they hold', () => {
  const inet = Array.from({ length: 3000 }, (_, i) => ({ ...TCP, cookie: i + 1, sendQueue: i + 1 }));
  const listener = { ...TCP, cookie: 9999, state: 10 };
  const sample = sampleSockets(tableOf({ inet: [...inet, listener], looked: 20_000 }), 1, noOverflows);
  assert.deepEqual([sample.sockets.length, sample.leftOut, sample.looked], [1001, 2000, 20_000]);
  assert.equal(
    Math.min(...sample.sockets.filter(({ sendQueue }) => sendQueue > 0).map((each) => each.sendQueue)),
    2001,
  );
});

test('a connection with nothing in a queue, which somebody asked for, is none of the queues', () => {
  const inet = [
    { ...TCP, cookie: 1, tcp: { rtt: 12_100 } },
    { ...TCP, cookie: 2, sendQueue: 9 },
    { ...TCP, cookie: 3, inode: 0 },
  ];
  const { sockets, quiet } = sampleSockets(tableOf({ inet }), 1, noOverflows);
  assert.deepEqual(
    [sockets.map(({ key }) => key), quiet.map(({ key, tcp }) => [key, tcp?.rttUs])],
    [['3', '2'], [['1', 12_100]]],
  );
});

test('a namespace is asked for its overflows once a look, and only when somebody wants to know', () => {
  const asked: number[] = [];
  const namespaces = [
    { inode: 1, pid: 1 },
    { inode: 4026, pid: 77 },
  ];
  const sample = sampleSockets(
    tableOf({ inet: [{ ...TCP, namespace: 1, receiveQueue: 1 }], namespaces }),
    1,
    (place) => {
      asked.push(place);
      return 5;
    },
  );
  assert.deepEqual([sample.sockets[0]?.netns, asked], [4026, []]);
  assert.deepEqual([sample.listenOverflows(4026), sample.listenOverflows(4026), asked], [5, 5, [1]]);
});
