// Tests: names of hosts and services in the connections table.
import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { textWidth } from '../src/base/text-width.ts';
import type { FlowRow } from '../src/model/model.ts';
import { composeScreen } from '../src/view/screen.ts';
import { rowText, type TextMode } from '../src/view/styled-text.ts';
import { EMPTY_LIST, INITIAL_UI, type UiState } from '../src/view/ui-state.ts';
import { flowRow } from './support/view-flows.ts';
import { ASCII, inputOf, UTF8 } from './support/view-input.ts';
import { fixtureModel } from './support/view-model.ts';

const NAME = 'a-rather-long-name-of-a-host.region-1.compute.example.org';

function screenOf(columns: number, flow: Partial<FlowRow>, ui: Partial<UiState> = {}, mode: TextMode = UTF8) {
  const row = flowRow('1.1', 31, '203.0.113.77', 443, [10, 10, 100, 100], { initiator: 'local', ...flow });
  const input = inputOf(fixtureModel({ flows: [row] }), {
    size: { columns, rows: 12 },
    mode,
    ui: { ...INITIAL_UI, place: { kind: 'connections' }, ...ui },
  });
  return composeScreen(input).frame.rows.map(rowText);
}

const lineWith = (lines: readonly string[], text: string) => lines.find((line) => line.includes(text)) ?? '';

test('the name stands first, the address behind it where both have room', () => {
  const named = { remoteName: 'www.example.org', remoteNameSource: 'dns' } as const;
  match(lineWith(screenOf(160, named), 'www'), /> www\.example\.org:443 203\.0\.113\.77 /);
  const narrow = lineWith(screenOf(80, named), 'www');
  match(narrow, /www\.example\.org:443/);
  equal(narrow.includes('203.0.113.77'), false);
});

test('a name that does not fit loses its beginning: its end says whose it is', () => {
  for (const mode of [UTF8, ASCII]) {
    const line = lineWith(screenOf(80, { remoteName: NAME }, {}, mode), 'example.org:443');
    ok(line !== '');
    ok(textWidth(line) <= 80);
    match(line, mode === UTF8 ? /> …[\w.-]*compute\.example\.org:443/ : /> \.\.[\w.-]*example\.org:443/);
  }
});

test("the server's port has the name of its service, the client's never", () => {
  const service = 'https';
  match(lineWith(screenOf(160, { service }), '203.0.113.77'), /10\.0\.0\.5:443 +> 203\.0\.113\.77:https/);
  match(
    lineWith(screenOf(160, { service, initiator: 'remote' }), '203.0.113.77'),
    /10\.0\.0\.5:https +< 203\.0\.113\.77:443/,
  );
  match(
    lineWith(screenOf(160, { service, initiator: 'unknown' }), '203.0.113.77'),
    /10\.0\.0\.5:443 +203\.0\.113\.77:443/,
  );
});

test('the filter finds connections by the name and the service of the other end', () => {
  const flow = { remoteName: 'www.example.org', service: 'https' };
  const list = (filter: string) => ({ lists: { ...INITIAL_UI.lists, connections: { ...EMPTY_LIST, filter } } });
  ok(lineWith(screenOf(160, flow, list('example.org')), 'www.example.org') !== '');
  ok(lineWith(screenOf(160, flow, list('https')), 'www.example.org') !== '');
  equal(lineWith(screenOf(160, flow, list('example.net')), 'www.example.org'), '');
});

test('the protocol says the family once, and never becomes another number', () => {
  const over6 = (protocol: string) => lineWith(screenOf(120, { protocol, family: 6 }), '203.0.113.77').split(/ +/)[1];
  equal(over6('tcp'), 'tcp6');
  equal(over6('icmpv6'), 'icmpv6');
  equal(over6('proto-9'), 'proto-9');
});

test('an address that does not fit loses its end, and the bracket of IPv6 is none of IPv4', () => {
  const at = (columns: number, remoteAddress: string) =>
    lineWith(screenOf(columns, { remoteAddress, initiator: 'unknown', remotePort: 51_344 }), remoteAddress.slice(0, 4));
  match(at(72, '203.100.113.177'), / 203\.100\.113\.…:51344 /);
  match(at(72, '2001:db8:1:2:3:4:5:6'), / \[2001:db8:1…\]:51344 /);
  match(at(24, '203.100.113.177'), / 203\.100… /);
});
