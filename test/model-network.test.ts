// Tests: protocol counters with rates, and routes in the order in which people look for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProtocols } from '../src/model/protocol-model.ts';
import { PROTOCOLS, ROUTES } from './support/view-network.ts';

const row = (section: string, name: string) =>
  PROTOCOLS.rows.find((each) => each.section === section && each.name === name);

test('a counter has its rate since the sample before and its gain since the start', () => {
  assert.deepEqual(row('TcpExt', 'ListenOverflows'), {
    section: 'TcpExt',
    name: 'ListenOverflows',
    value: 48,
    gained: 36,
    rate: 6,
  });
  assert.deepEqual([row('TcpExt', 'TCPWinProbe')?.gained, row('TcpExt', 'TCPWinProbe')?.rate], [1, 0]);
});

test('settings are no counters, connections that are established are told apart, sections are not said twice', () => {
  assert.equal(row('Ip', 'Forwarding'), undefined);
  assert.equal(row('Tcp', 'CurrEstab'), undefined);
  assert.equal(PROTOCOLS.established, 812);
  assert.equal(row('Ip6', 'InReceives')?.value, 25);
});

test('without a sample before there are no rates, and a counter that went back has gained nothing', () => {
  const sections = [{ name: 'Tcp', counters: [{ name: 'InSegs', value: '5' }] }];
  const first = [{ name: 'Tcp', counters: [{ name: 'InSegs', value: '9' }] }];
  assert.deepEqual(buildProtocols({ sections, first }, undefined, 0).rows, [
    { section: 'Tcp', name: 'InSegs', value: 5, gained: 0, rate: undefined },
  ]);
  assert.equal(buildProtocols({ sections, first }, { sections: first, first }, 1000).rows[0]?.rate, 0);
});

test('a hostile name of a counter is harmless', () => {
  const sections = [{ name: 'Tcp', counters: [{ name: 'A\u001b[31m', value: '1' }] }];
  assert.equal(buildProtocols({ sections, first: [] }, undefined, 0).rows[0]?.name, 'A\\x1b[31m');
});

test('routes stand by family and table, the default first, local ones last', () => {
  assert.deepEqual(
    ROUTES.rows?.map((each) => `${each.family} ${each.table} ${each.destination} ${each.gateway} ${each.device}`),
    [
      '4 main default 10.0.0.254 eth0',
      '4 main 172.31.0.0/16  ',
      '4 main 10.0.0.0/24  eth0',
      '4 main 192.0.2.0/24 10.0.0.2 eth0',
      '4 main 192.0.2.0/24 10.1.0.2 wg0',
      '4 100 198.51.100.7 10.0.0.3 ',
      '4 local 127.0.0.1  lo',
      '6 main 2001:db8:aaaa:bbbb::/64  eth0',
    ],
  );
  assert.equal(ROUTES.count, 7);
});

test('a refusal is named, and who made a route', () => {
  assert.deepEqual(
    ROUTES.rows?.slice(0, 5).map((each) => [each.type, each.origin, each.again]),
    [
      ['unicast', 'dhcp', false],
      ['blackhole', 'static', false],
      ['unicast', 'kernel', false],
      ['unicast', 'bgp', false],
      ['unicast', 'bgp', true],
    ],
  );
});
