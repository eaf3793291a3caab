// Tests: the small network files of /proc: overflows, how many routes there are, counters with their first reading.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenOverflows } from '../src/procfs/listen-overflows.ts';
import { createProtocolReader } from '../src/procfs/protocol-reader.ts';
import { countRoutes } from '../src/procfs/route-count.ts';

test('overflows are the value under their name, whatever stands before it', () => {
  const text = 'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 66 67\nIpExt: InNoRoutes\nIpExt: 5\n';
  assert.equal(parseListenOverflows(text), 66);
});

test('a file that is cut, empty or of another kernel tells of no overflows', () => {
  assert.equal(parseListenOverflows(''), undefined);
  assert.equal(parseListenOverflows('TcpExt: SyncookiesSent ListenOverflows\n'), undefined);
  assert.equal(parseListenOverflows('TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 1\n'), undefined);
  assert.equal(parseListenOverflows('TcpExt: ListenOverflows\nTcpExt: x\n'), undefined);
  assert.equal(parseListenOverflows('TcpExt: SyncookiesSent\nTcpExt: 1\n'), undefined);
});

test('routes are counted over all tables of both families without being read', () => {
  const trie = 'Main:\n\tLeaves:         7\n\tPrefixes:       9\nLocal:\n\tPrefixes:       3\n';
  assert.equal(countRoutes(trie, '0009 0006 000e 001f 0000 0000 0000\n'), 12 + 0x1f);
  assert.equal(countRoutes('', ''), 0);
});

test('counters come from three files, and the first reading stays', () => {
  let segments = 5;
  const files: Readonly<Record<string, () => string>> = {
    'self/net/snmp': () => `Tcp: InSegs\nTcp: ${segments}\n`,
    'self/net/snmp6': () => 'Ip6InReceives   \t24\n',
  };
  const read = createProtocolReader((path) => files[path]?.());
  read();
  segments = 9;
  assert.deepEqual(read(), {
    sections: [
      { name: 'Tcp', counters: [{ name: 'InSegs', value: '9' }] },
      { name: 'Ip6', counters: [{ name: 'Ip6InReceives', value: '24' }] },
    ],
    first: [
      { name: 'Tcp', counters: [{ name: 'InSegs', value: '5' }] },
      { name: 'Ip6', counters: [{ name: 'Ip6InReceives', value: '24' }] },
    ],
  });
});
