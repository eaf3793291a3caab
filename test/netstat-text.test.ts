// Owns: tests of netstat's texts where no machine shows the case: widths, counters, owners, records.
// Knows nothing of: what netstat prints on this machine (differential-netstat.test.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SocketOwners, SocketTable } from '../src/native/socket-table.ts';
import { renderCounterRecords } from '../src/netstat/counter-records.ts';
import { type InetForm, renderInet } from '../src/netstat/inet-text.ts';
import type { NetstatOptions } from '../src/netstat/options.ts';
import { indexOwners } from '../src/netstat/owners.ts';
import { renderRecords } from '../src/netstat/records.ts';
import { renderSocketRecords } from '../src/netstat/socket-records.ts';
import { renderStatistics } from '../src/netstat/statistics-text.ts';
import { renderUnix } from '../src/netstat/unix-text.ts';
import { parseServices } from '../src/procfs/etc-files.ts';
import { parseCounterPairs } from '../src/procfs/net-counters.ts';
import { parseGroupLines, parseRouteLines } from '../src/procfs/net-tables.ts';

const NO_NAMES = { host: () => undefined, service: () => undefined, user: () => undefined, device: () => undefined };
const FORM: InetForm = {
  ...{ names: NO_NAMES, numericHosts: true, numericPorts: true, numericUsers: true, compat: false, wide: false },
  ...{ extend: false, timers: false, owners: undefined },
};

function ownersOf(
  rows: readonly (readonly [inode: number, process: number])[],
  programs: readonly string[],
): SocketOwners {
  const bytes = new TextEncoder().encode(programs.join(''));
  let end = 0;
  const ends = Uint32Array.from(programs, (program) => {
    end += new TextEncoder().encode(program).length;
    return end;
  });
  return {
    holders: {
      inode: Uint32Array.from(rows, ([inode]) => inode),
      process: Uint32Array.from(rows, ([, process]) => process),
      fd: Uint32Array.from(rows, (_, row) => row + 3),
    },
    processes: {
      pid: Uint32Array.from(programs, (_, place) => 501 + place),
      ...{ nameBytes: bytes, nameEnds: ends, programBytes: bytes, programEnds: ends },
    },
    hidden: 0,
  };
}

/** One TCP socket on 127.0.0.1:80. */
function socket(changes: Readonly<Record<string, number>>): SocketTable {
  const address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1];
  const fields = { protocol: 6, family: 4, state: 1, localPort: 80, remotePort: 1, inode: 7, ...changes };
  const zero = { receiveQueue: 0, sendQueue: 0, timer: 0, retries: 0, probes: 0, expiresMs: 0, uid: 0, interface: 0 };
  const columns = Object.entries({ ...zero, ...fields }).map(([name, value]) => [name, Uint32Array.of(value)]);
  const local = Uint8Array.from(address);
  return { inet: { ...Object.fromEntries(columns), local, remote: local }, namespaces: [] } as unknown as SocketTable;
}

test('what the kernel says by a number for none is null, and a listener has no segments on their way', () => {
  const figures = { known: 1, unacked: 3, sacked: 128, rtt: 250, minRtt: 0xffff_ffff, slowStartThreshold: 0x7fff_ffff };
  const columns = Object.entries(figures).map(([name, value]) => [name, Uint32Array.of(value)]);
  const infoOf = (state: number, pacing: number) => {
    const table = socket({ state, cookie: 1 });
    const tcpInfo = { ...Object.fromEntries(columns), pacingRate: Float64Array.of(pacing) };
    const whole = { ...table, tcpInfo, memory: {}, congestion: [] } as unknown as SocketTable;
    const parts = { table: { ...whole, inet: withZeros(table) }, rows: [0], unixRows: undefined, owners: undefined };
    const options = { ...FORM, format: 'json' } as unknown as NetstatOptions;
    return JSON.parse(renderSocketRecords({ ...parts, options, names: NO_NAMES, now: 0 })).rows[0].tcpInfo;
  };
  const none = { rtt: 250, minRtt: null, slowStartThreshold: null, pacingRate: null };
  assert.deepEqual(infoOf(1, 2 ** 64), { unacked: 3, sacked: 128, ...none });
  assert.deepEqual(infoOf(10, 5e6), { unacked: null, sacked: null, ...none, pacingRate: 5e6 });
});

function withZeros({ inet }: SocketTable): SocketTable['inet'] {
  const zero = Uint32Array.of(0);
  const more = ['drops', 'cgroup', 'mark', 'flags', 'congestion', 'namespace', 'cookie'].map((name) => [name, zero]);
  return { ...Object.fromEntries(more), ...inet };
}

const rowOf = (text: string) => text.split('\n')[1] ?? '';

test('a state that the kernel has not yet is UNKNOWN, and never a read outside the table', () => {
  assert.match(rowOf(renderInet(socket({ state: 200 }), [0], FORM)), / UNKNOWN {4}$/);
  assert.match(rowOf(renderInet(socket({ timer: 9 }), [0], { ...FORM, timers: true })), / unkn-9 \(0\.00\/0\/0\)$/);
});

test('a queue that is wider than its column moves all rows and the header alike; compat lets it overflow', () => {
  const table = socket({ sendQueue: 3_782_144 });
  const [head = '', row = ''] = renderInet(table, [0], FORM).split('\n');
  assert.equal(head.indexOf('Local'), row.indexOf('127.'));
  const compat = renderInet(table, [0], { ...FORM, compat: true });
  assert.equal(rowOf(compat).slice(0, 32), 'tcp        0 3782144 127.0.0.1:8');
});

test('sockets of all namespaces say whose they are: by name, else by inode, a dash for the own one', () => {
  const space = (inode: number, name: string) => ({ inode, pid: 1, errno: 0, name: new TextEncoder().encode(name) });
  const namespaces = [space(1, ''), space(2, 'a\u001bb'), space(3, '')];
  const last = [0, 1, 2].map((namespace) => {
    const text = renderInet({ ...socket({ namespace }), namespaces }, [0], FORM);
    assert.match(text.split('\n')[0] ?? '', / State {7}Namespace$/);
    return rowOf(text).split(' ').at(-1);
  });
  assert.deepEqual([last[0], last[2]], ['-', '3']);
  assert.ok(last[1]?.startsWith('a') && !last[1].includes('\u001b'));
});

test('unix sockets of all namespaces say whose they are, and one that many hold does not push all paths aside', () => {
  const name = (text: string) => new TextEncoder().encode(text);
  const one = (value: number) => Uint32Array.of(value, value, value);
  const paths = ['/a', '/b', '/c'];
  const unix = {
    ...{ type: one(1), state: one(10), references: one(2), inode: Uint32Array.of(7, 8, 9) },
    ...{ namespace: Uint16Array.of(0, 1, 2), nameBytes: name(paths.join('')), nameEnds: Uint32Array.of(2, 4, 6) },
  } as unknown as SocketTable['unix'];
  const namespaces = [1, 2, 3].map((inode) => ({ inode, pid: 1, errno: 0, name: name(inode === 2 ? 'blue' : '') }));
  const many = Array.from({ length: 40 }, (_, at) => [9, at] as const);
  const owners = indexOwners(ownersOf([[7, 40], ...many], [...many.map(() => 'worker'), 'sshd']));
  const [head = '', ...rows] = renderUnix({ unix, namespaces }, [0, 1, 2], { owners, compat: false }).split('\n');
  assert.match(head, /I-Node {3}PID\/Program name {5}Namespace Path$/);
  assert.deepEqual(
    rows.slice(0, 2).map((row) => row.slice(head.indexOf('Namespace'))),
    ['-         /a', 'blue      /b'],
  );
  assert.match(rows[2] ?? '', /,540\/worker 3 {9}\/c$/);
  const alone = renderUnix({ unix, namespaces: [] }, [0], { owners: undefined, compat: false });
  assert.match(alone, /I-Node {3}Path\n.* 7 {8}\/a\n$/);
});

test('a name with wide characters keeps the next column in its place', () => {
  const owners = indexOwners(ownersOf([[7, 0]], ['한글']));
  const row = rowOf(renderInet(socket({}), [0], { ...FORM, owners, timers: true }));
  assert.match(row, / 501\/한글 {12} off \(/);
});

test('owners of a shared socket are all there, by program; a process with two descriptors once', () => {
  const rows = [
    [7, 0],
    [7, 0],
    [7, 1],
    [7, 2],
    [8, 2],
  ] as const;
  const owners = indexOwners(ownersOf(rows, ['/usr/sbin/nginx', '/usr/sbin/nginx', 'curl\n']));
  assert.equal(owners.columnOf(7, false), '501,502/nginx,503/curl\\n');
  assert.equal(owners.columnOf(7, true), '501/nginx');
  assert.equal(owners.columnOf(8, false), '503/curl\\n');
  assert.equal(owners.columnOf(0, false), '-');
  assert.deepEqual(
    owners.ownersOf(7).map(({ pid }) => pid),
    [501, 502, 503],
  );
});

const COUNTERS = `Ip: Forwarding DefaultTTL InReceives
Ip: 2 64 18446744073709551615
Icmp: InMsgs InDestUnreachs
Icmp: 3 3
IcmpMsg: InType3
IcmpMsg: 3
Udp: InDatagrams NewCounter
Udp: 0 5
`;
const NONE = { tcp: false, udp: false, udplite: false, sctp: false, raw: false, unix: false };

test('counters keep all of their 64 bits, and one that nobody knows is shown by its name', () => {
  const text = renderStatistics(parseCounterPairs(COUNTERS), NONE, false);
  assert.match(text, /^ {4}18446744073709551615 total packets received$/m);
  assert.match(text, /^ {4}NewCounter: 5$/m);
  assert.doesNotMatch(text, /DefaultTTL/);
});

test('forwarding is told in words, and -u shows no ICMP; compat does neither', () => {
  const sections = parseCounterPairs(COUNTERS);
  assert.match(renderStatistics(sections, NONE, false), /^ {4}Forwarding: disabled$/m);
  assert.match(renderStatistics(sections, NONE, true), /^ {4}Forwarding: 2$/m);
  assert.equal(
    renderStatistics(sections, { ...NONE, udp: true }, false),
    'Udp:\n    0 packets received\n    NewCounter: 5\n',
  );
  assert.match(renderStatistics(sections, { ...NONE, udp: true }, true), /^IcmpMsg:\n {4}InType3: 3\nUdp:/);
});

test('counters have what was added a second: none at first, none of what goes up and down, exact beyond 2^53', () => {
  const reading = (atMs: number, received: string, others: string) => ({
    atMs,
    sections: parseCounterPairs(
      `Ip: Forwarding InReceives\nIp: 2 ${received}\nTcp: CurrEstab OutRsts\nTcp: ${others}\n`,
    ),
  });
  const before = reading(1000, '18446744073709551000', '3 7');
  const now = reading(3000, '18446744073709551001', '9 5');
  const rates = (text: string) => JSON.parse(text).rows.map(({ rate }: { readonly rate: unknown }) => rate);
  assert.deepEqual(rates(renderCounterRecords(before, undefined, 'json', 0)), [null, null, null, null]);
  assert.deepEqual(rates(renderCounterRecords(now, before, 'json', 0)), [null, 0.5, null, 0]);
  assert.equal(
    renderCounterRecords(now, before, 'csv', 0),
    'section,name,value,rate\nIp,Forwarding,2,\nIp,InReceives,18446744073709551001,0.5\nTcp,CurrEstab,9,\nTcp,OutRsts,5,0\n',
  );
});

test('a cell of comma-separated values that holds a comma, a quote or a line end is quoted', () => {
  const rows = [{ a: 'x,y', b: 'say "no"', c: null, d: [1, 2] }];
  assert.equal(renderRecords('t', ['a', 'b', 'c', 'd'], rows, 'csv', 0), 'a,b,c,d\n"x,y","say ""no""",,"[1,2]"\n');
});

test('files of the kernel that are cut or strange give the lines that are whole', () => {
  const route = 'Iface Destination\neth0 0000000A 00000000 0001 0 0 0 000000FF 0 0 0\neth0 0000000A 0000\nrubbish\n';
  assert.deepEqual(
    parseRouteLines(route).map(({ destination, mask }) => [destination, mask]),
    [['10.0.0.0', '255.0.0.0']],
  );
  const igmp =
    'Idx\tDevice\n1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n2\tveth-long-name0:     1      V3\n\t\t\t\t010000E0     2 0:0\t0\n';
  assert.deepEqual(
    parseGroupLines(igmp).map(({ device, references }) => [device, references]),
    [
      ['lo', 1],
      ['veth-long-name0', 2],
    ],
  );
  const services = parseServices('ssh 22/tcp # remote\nevil\x1b[31m 23/tcp\nbroken\n');
  assert.equal(services.name(22, 'tcp'), 'ssh');
  assert.equal(services.name(22, 'udp'), undefined);
  assert.equal(services.name(23, 'tcp'), 'evil\\x1b[31m');
});
