// Tests: names of hosts and services, states and round trips in the connections table, and whose the room is.
import { equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { textWidth } from '../src/base/text-width.ts';
import type { FlowRow } from '../src/model/model.ts';
import { composeScreen } from '../src/view/screen.ts';
import { rowText, type TextMode } from '../src/view/styled-text.ts';
import { EMPTY_LIST, INITIAL_UI, type UiState } from '../src/view/ui-state.ts';
import { socketOf, watchStory } from './support/socket-story.ts';
import { flowRow } from './support/view-flows.ts';
import { ASCII, inputOf, UTF8 } from './support/view-input.ts';
import { type FixtureOptions, fixtureModel, interfaceRow, NOW_MS } from './support/view-model.ts';

/** At 80, 120 and 200 cells, and where there is room for next to nothing. */
const WIDTHS = [20, 40, 80, 120, 200];
const NAME = 'a-rather-long-name-of-a-host.region-1.compute.example.org';

function screenOf(
  columns: number,
  flow: Partial<FlowRow>,
  ui: Partial<UiState> = {},
  mode: TextMode = UTF8,
  more: FixtureOptions = {},
) {
  const row = flowRow('1.1', 31, '203.0.113.77', 443, [10, 10, 100, 100], { initiator: 'local', ...flow });
  const input = inputOf(fixtureModel({ flows: [row], ...more }), {
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
  const narrow = lineWith(screenOf(84, named), 'www');
  match(narrow, /www\.example\.org:443/);
  equal(narrow.includes('203.0.113.77'), false);
});

test('at 80 columns the local port, the remote end with its port and the state stand side by side', () => {
  const lines = screenOf(80, {
    remoteAddress: '198.51.100.77',
    remotePort: 443,
    localPort: 40_112,
    initiator: 'local',
  });
  match(lineWith(lines, 'LPORT'), / LPORT REMOTE +STATE /);
  match(lineWith(lines, '198.51'), / 40112 > 198\.51\.100\.77:443 +estab /);
  match(lineWith(screenOf(80, { protocol: 'icmp', localPort: 0, remotePort: 0 }), 'icmp'), /icmp +\S.* > 203/);
});

test('a name that does not fit loses its beginning: its end says whose it is', () => {
  for (const mode of [UTF8, ASCII]) {
    const line = lineWith(screenOf(80, { remoteName: NAME }, {}, mode), 'example.org:443');
    ok(line !== '');
    ok(textWidth(line) <= 80);
    match(line, mode === UTF8 ? /> …[\w.-]+\.example\.org:443/ : /> \.\.[\w.-]*example\.org:443/);
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

test('an ended connection is told in every width without colour, and a live one by its state from 80 cells on', () => {
  const ended = { ended: true, lastMs: NOW_MS - 12_000 };
  for (const columns of WIDTHS) {
    match(lineWith(screenOf(columns, ended, {}, ASCII), ' x '), columns < 80 ? / x 20/ : / x 203.* ended 12s /);
    equal(lineWith(screenOf(columns, {}, {}, ASCII), ' x '), '');
  }
  match(lineWith(screenOf(80, {}), '203.0.113.77'), / estab /);
  match(lineWith(screenOf(80, { receivedPackets: 0 }), '203.0.113.77'), / syn-sent /);
  match(lineWith(screenOf(80, { receivedPackets: 0, initiator: 'remote' }), '203.0.113.77'), / syn-recv /);
});

test('the round trip is that of its socket, what was sent again the share of its payload', () => {
  const ends = { localAddress: '10.0.0.5', localPort: 443, remoteAddress: '203.0.113.77', remotePort: 443 };
  const socket = socketOf({ ...ends, sendQueue: 9000, state: 'close-wait', tcp: { rttUs: 12_100 } });
  const queues = watchStory([{ sockets: [socket] }]).at(-1);
  const lineOf = (flow: Partial<FlowRow>) =>
    lineWith(screenOf(200, { ...flow, sentPayloadBytes: 1000 }, {}, UTF8, { queues }), '203.0.113.77');
  match(lineOf({ retransmittedBytes: 25 }), / closewait .* 12\.1 ms +2\.5 /);
  match(lineOf({ retransmittedBytes: 0, localPort: 444 }), / estab .* - +0 /);
});

test('a socket that was looked at with nothing in its queues tells its round trip too', () => {
  const ends = { localAddress: '10.0.0.5', localPort: 443, remoteAddress: '203.0.113.77', remotePort: 443 };
  const quiet = [socketOf({ ...ends, state: 'fin-wait-2', tcp: { rttUs: 840 } })];
  const queues = watchStory([{ sockets: [], quiet }]).at(-1);
  const screen = screenOf(200, { retransmittedBytes: 0 }, {}, UTF8, { queues });
  match(lineWith(screen, '203.0.113.77'), / fin-wait2 .* 0\.84 ms +0 /);
  const near = [socketOf({ ...ends, tcp: { rttUs: 4 } })];
  const quick = screenOf(200, {}, {}, UTF8, { queues: watchStory([{ sockets: [], quiet: near }]).at(-1) });
  match(lineWith(quick, '203.0.113.77'), / 4 us /);
});

test('a local end of IPv6 is whole where there is room, whatever else could be shown', () => {
  const localAddress = '2001:db8:85a3::8a2e:370:7334';
  const interfaces = [interfaceRow(0, 'eth0', [0, 0, 1, 1], { addresses: [`${localAddress}/64`, 'fe80::1/64'] })];
  const lines = screenOf(200, { localAddress }, {}, UTF8, { interfaces });
  match(lineWith(lines, '203.0.113.77'), /\[2001:db8:85a3::8a2e:370:7334\]:443 /);
});
