// Tests: why a connection is slow, from tcp_info, in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TcpReading } from '../src/model/socket-reading.ts';
import { whyProcessIsSlow, whySlow, whySlowTogether } from '../src/model/why-slow.ts';
import { QUIET_TCP } from './support/socket-story.ts';

const tcp = (parts: Partial<TcpReading>): TcpReading => ({ ...QUIET_TCP, ...parts });

test('a receiver whose window is the limit is named with its share of the busy time', () => {
  const answer = whySlow({ now: tcp({ busyUs: 10e6, windowLimitedUs: 8.2e6, bytesSent: 1e6 }) });
  assert.equal(answer.cause, 'peer-window');
  assert.equal(answer.text, "limited by the receiver's window 82 % of the busy time");
  assert.deepEqual(answer.also, []);
});

test('only the time since the last look counts, if anything was sent in it', () => {
  const before = { tcp: tcp({ busyUs: 10e6, windowLimitedUs: 10e6, bytesSent: 5e6 }), agoMs: 2000 };
  const now = tcp({ busyUs: 12e6, windowLimitedUs: 10e6, bufferLimitedUs: 1.5e6, bytesSent: 7e6, deliveryRate: 1e6 });
  const answer = whySlow({ now, before });
  assert.equal(answer.text, 'limited by its own send buffer 75 % of the busy time');
  assert.equal(answer.figures.busyShare, 1);
  assert.equal(answer.figures.windowLimitedShare, 0);
  const quiet = whySlow({ now: before.tcp, before });
  assert.equal(quiet.cause, 'peer-window', 'nothing was sent since: its whole life');
  assert.equal(quiet.figures.busyShare, undefined);
});

test('a few per cent of loss weigh more than a window that is the limit for a quarter of the time', () => {
  const now = tcp({ busyUs: 4e6, windowLimitedUs: 1e6, bytesSent: 2e6, bytesRetransmitted: 60_000 });
  const answer = whySlow({ now });
  assert.equal(answer.cause, 'loss');
  assert.equal(answer.text, '3 % of the bytes were sent again (60.0 kB): packets are lost');
  assert.deepEqual(answer.also, [
    "limited by the receiver's window 25 % of the busy time",
    'limited by the way there 75 % of the busy time at a round trip of 0.50 ms',
  ]);
});

test('a round trip is compared with the shortest, and not called slow for less than 20 ms more', () => {
  const now = tcp({ busyUs: 4e6, bytesSent: 2e6, rttUs: 180_000, minRttUs: 12_000 });
  assert.equal(whySlow({ now }).text, 'bytes wait on the way: a round trip takes 180 ms, at best 12 ms');
  assert.equal(whySlow({ now: { ...now, rttUs: 1500, minRttUs: 40 } }).cause, 'path');
});

test('what is neither the windows nor the buffer is the way there, with what it carries', () => {
  const now = tcp({ busyUs: 2e6, bytesSent: 2e6, rttUs: 84_000, minRttUs: 80_000, deliveryRate: 1_210_000 });
  const text = 'limited by the way there 100 % of the busy time, which carries 1.21 MB/s at a round trip of 84 ms';
  assert.equal(whySlow({ now }).text, text);
});

test('a program that seldom has something to send is the limit itself', () => {
  const before = { tcp: tcp({}), agoMs: 2000 };
  const now = tcp({ busyUs: 200_000, bytesSent: 40_000 });
  assert.equal(whySlow({ now, before }).cause, 'application');
  assert.equal(whySlow({ now: tcp({}) }).cause, 'idle');
});

test('the connections of a process are judged by their busy time together', () => {
  const blocked = { now: tcp({ busyUs: 9e6, windowLimitedUs: 9e6, bytesSent: 1e6, rttUs: 30_000 }) };
  const fine = { now: tcp({ busyUs: 1e6, bytesSent: 9e6, rttUs: 500 }) };
  const answer = whySlowTogether([fine, blocked]);
  assert.equal(answer.text, "limited by the receivers' windows 90 % of the busy time");
  assert.equal(answer.figures.rttUs, 30_000, 'the round trip of the busiest');
  assert.equal(whySlowTogether([]).cause, 'idle');
});

test('of a process only its own connections with something to send count', () => {
  const row = (pid: number, kind: string, windowLimitedUs: number) => ({
    kind,
    socket: { tcp: tcp({ busyUs: 1e6, windowLimitedUs, bytesSent: 9 }) },
    before: undefined,
    owners: [{ pid }],
  });
  const rows = [row(9, 'send', 9e5), row(9, 'receive', 0), row(8, 'send', 0)];
  assert.equal(whyProcessIsSlow(rows, 9)?.text, "limited by the receiver's window 90 % of the busy time");
  assert.equal(whyProcessIsSlow(rows, 7), undefined);
});
