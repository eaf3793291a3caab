// Owns: tests of filter expressions: what they choose, and what is said of one that cannot be read.
// Knows nothing of: real sockets (differential-netstat.test.ts compares with ss).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SocketTable } from '../src/native/socket-table.ts';
import { compileFilter, parseFilter } from '../src/netstat/filter.ts';
import { parsePrefix } from '../src/netstat/prefix.ts';

const SERVICES: Readonly<Record<string, number>> = { https: 443, redis: 6379 };
const parse = (text: string) => parseFilter(text, (name) => SERVICES[name]);

interface Socket {
  readonly state?: number;
  readonly local?: string;
  readonly remote?: string;
  readonly ports?: readonly [number, number];
  readonly device?: number;
}

function tableOf(sockets: readonly Socket[]): SocketTable {
  const addresses = (texts: readonly (string | undefined)[]) => {
    const bytes = new Uint8Array(texts.length * 16);
    texts.forEach((text, row) => {
      bytes.set(parsePrefix(text ?? '0.0.0.0')?.prefix.bytes ?? [], row * 16);
    });
    return bytes;
  };
  const inet = {
    state: Uint8Array.from(sockets, ({ state = 1 }) => state),
    local: addresses(sockets.map(({ local }) => local)),
    remote: addresses(sockets.map(({ remote }) => remote)),
    localPort: Uint16Array.from(sockets, ({ ports }) => ports?.[0] ?? 0),
    remotePort: Uint16Array.from(sockets, ({ ports }) => ports?.[1] ?? 0),
    interface: Uint32Array.from(sockets, ({ device = 0 }) => device),
  };
  return { inet } as unknown as SocketTable;
}

/** The places of the sockets that a filter chooses. */
function choose(text: string, sockets: readonly Socket[]): readonly number[] {
  const parsed = parse(text);
  assert.ok('filter' in parsed, JSON.stringify(parsed));
  const matches = compileFilter(parsed.filter, tableOf(sockets), (name) => (name === 'eth0' ? 2 : undefined));
  return sockets.map((_, row) => row).filter(matches);
}

const PORTS: readonly Socket[] = [{ ports: [22, 443] }, { ports: [443, 22] }, { ports: [50_000, 6379] }];

test('ports are compared as numbers, with and without colon, by name, and in words', () => {
  assert.deepEqual(choose('dport = :443', PORTS), [0]);
  assert.deepEqual(choose('dport https', PORTS), [0]);
  assert.deepEqual(choose('dport=redis', PORTS), [2]);
  assert.deepEqual(choose('sport > 443', PORTS), [2]);
  assert.deepEqual(choose('sport >= 443', PORTS), [1, 2]);
  assert.deepEqual(choose('sport le 22', PORTS), [0]);
  assert.deepEqual(choose('sport!=22', PORTS), [1, 2]);
});

test('"and" binds tighter than "or", "not" tightest, and may be left out', () => {
  assert.deepEqual(choose('sport = 22 or sport = 443 and dport = 443', PORTS), [0]);
  assert.deepEqual(choose('( sport = 22 or sport = 443 ) and dport = 443', PORTS), [0]);
  assert.deepEqual(choose('(sport = 22 or sport = 443)and dport = 22', PORTS), [1]);
  assert.deepEqual(choose('not sport = 22 and dport = 22', PORTS), [1]);
  assert.deepEqual(choose('! ( sport = 22 or dport = 22 )', PORTS), [2]);
  assert.deepEqual(choose('sport = 22 dport = 443', PORTS), [0]);
});

test('states have the names of ss and of netstat, one by one and in groups', () => {
  const sockets = [1, 2, 6, 7, 10, 4].map((state): Socket => ({ state }));
  assert.deepEqual(choose('state established', sockets), [0]);
  assert.deepEqual(choose('state FIN_WAIT1', sockets), [5]);
  assert.deepEqual(choose('state fin-wait-1', sockets), [5]);
  assert.deepEqual(choose('state connected', sockets), [0, 1, 2, 5]);
  assert.deepEqual(choose('state synchronized', sockets), [0, 2, 5]);
  assert.deepEqual(choose('exclude listening', sockets), [0, 1, 2, 3, 5]);
});

test('a prefix of one family never holds an address of the other', () => {
  const sockets: readonly Socket[] = [{ local: '10.1.2.3' }, { local: '2001:db8::1' }, { local: '::1' }];
  assert.deepEqual(choose('src 10.0.0.0/8', sockets), [0]);
  assert.deepEqual(choose('src 10.1.2.2/31', sockets), [0]);
  assert.deepEqual(choose('src 10.1.2.4/30', sockets), []);
  assert.deepEqual(choose('src 0.0.0.0/0', sockets), [0]);
  assert.deepEqual(choose('src ::/0', sockets), [1, 2]);
  assert.deepEqual(choose('src 2001:db8::/32', sockets), [1]);
  assert.deepEqual(choose('src != ::1', sockets), [0, 1]);
});

test('an address may have a port where its end is in no doubt', () => {
  const sockets: readonly Socket[] = [
    { remote: '10.0.0.1', ports: [1, 80] },
    { remote: '2001:db8::80', ports: [1, 443] },
  ];
  assert.deepEqual(choose('dst 10.0.0.1:80', sockets), [0]);
  assert.deepEqual(choose('dst 10.0.0.1:81', sockets), []);
  assert.deepEqual(choose('dst [2001:db8::80]:443', sockets), [1]);
  assert.deepEqual(choose('dst 2001:db8::80', sockets), [1]);
  assert.deepEqual(choose('dst [2001:db8::/32]', sockets), [1]);
});

test('a device that does not exist has no sockets', () => {
  const sockets: readonly Socket[] = [{ device: 2 }, { device: 0 }];
  assert.deepEqual(choose('dev eth0', sockets), [0]);
  assert.deepEqual(choose('dev != eth0', sockets), [1]);
  assert.deepEqual(choose('dev gone0', sockets), []);
});

test('what cannot be read is one sentence that says what is expected', () => {
  const says = (text: string) => {
    const parsed = parse(text);
    return 'error' in parsed ? parsed.error : 'it was understood';
  };
  assert.match(says('sport'), /^the filter ends where a port is expected$/);
  assert.match(says('sport = nowhere'), /^"nowhere" is no port: it is a number up to 65535 or a name in/);
  assert.match(says('sport = 65536'), /^"65536" is no port/);
  assert.match(says('src 10.0.0.0/33'), /^"10\.0\.0\.0\/33" is no address: it is like/);
  assert.match(says('src > 10.0.0.1'), /^an address in the filter is compared with = or !=, not with >$/);
  assert.match(says('sport = 1 )'), /^the filter cannot go on with "\)"/);
  assert.match(says('( sport = 1'), /^the filter ends where "\)" is expected$/);
  assert.match(says('sport = 1 and'), /^the filter ends where a condition/);
  assert.match(says('port = 1'), /^the filter does not know "port"/);
  assert.match(says('\x1b[31m = 1'), /^the filter does not know "\\x1b\[31m"/);
  assert.match(says(`${'( '.repeat(500)}sport = 1`), /nested deeper than 100 levels/);
});

test('addresses that are none are refused', () => {
  for (const text of [
    '10.0.0',
    '10.0.0.256',
    '1:2:3',
    '::1::',
    '[::1',
    '2001:db8::/129',
    '10.0.0.1:99999',
    'a.b.c.d',
    '',
  ]) {
    assert.equal(parsePrefix(text), undefined, text);
  }
  assert.deepEqual([...(parsePrefix('::ffff:1.2.3.4')?.prefix.bytes.subarray(10) ?? [])], [255, 255, 1, 2, 3, 4]);
});
