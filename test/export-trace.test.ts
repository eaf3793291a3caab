// Tests: trace text in nethogs' layout, byte for byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrace, type TraceOptions, type ViewMode } from '../src/export/trace.ts';
import { createModelBuilder } from '../src/model/build-model.ts';
import { matchesFile } from './support/golden.ts';
import { sampleOf } from './support/sample-builder.ts';
import type { SnapshotRows } from './support/snapshot-builder.ts';
import { BEFORE, LATER, NOW } from './support/world.ts';

const OPTIONS: TraceOptions = {
  viewMode: 0,
  sortBySent: false,
  commandLine: false,
  basename: false,
  tcpOnly: false,
  exitedRefreshes: 50,
};

function trace(options: Partial<TraceOptions>, worlds: readonly SnapshotRows[] = [BEFORE, NOW]): string {
  const build = createModelBuilder();
  const render = createTrace({ ...OPTIONS, ...options });
  return worlds.map((rows) => render(build(sampleOf(rows)))).join('');
}

/** The process lines of the last block, read from the right as nethogs' consumers do. */
function parse(text: string) {
  const block = text.slice(text.lastIndexOf('\nRefreshing:\n') + '\nRefreshing:\n'.length);
  const lines = block.split('\n').filter((line) => line.includes('\t'));
  return lines.map((line) => {
    const [who = '', sent, received] = line.split('\t');
    const [, name, pid, uid] = /^(.*)\/(\d+)\/(\d+)$/.exec(who) ?? [];
    return { name, pid: Number(pid), uid: Number(uid), sent: Number(sent), received: Number(received) };
  });
}

for (const viewMode of [0, 1, 2, 3, 4, 5] as const satisfies readonly ViewMode[]) {
  test(`view mode ${viewMode} is printed in the layout of nethogs`, () => {
    matchesFile(`test/golden/trace-v${viewMode}.txt`, trace({ viewMode }));
  });
}

test('-l and -b change names, -s the order, --tcp-only leaves one unknown line', () => {
  matchesFile('test/golden/trace-l.txt', trace({ commandLine: true, viewMode: 2 }));
  matchesFile('test/golden/trace-b-s.txt', trace({ basename: true, sortBySent: true, viewMode: 2 }));
  matchesFile('test/golden/trace-tcp-only.txt', trace({ tcpOnly: true, viewMode: 2 }));
});

test('the first block has no rates, and unknown TCP and UDP even without traffic', () => {
  assert.equal(trace({}, [{}]), '\nRefreshing:\nunknown TCP/0/0\t0\t0\nunknown UDP/0/0\t0\t0\n');
});

for (const tcpOnly of [false, true]) {
  test(`all lines together are the bytes of the interfaces, tcpOnly ${tcpOnly}`, () => {
    const lines = parse(trace({ viewMode: 2, tcpOnly }));
    const sum = (key: 'sent' | 'received') => lines.reduce((total, line) => total + line[key], 0);
    assert.equal(sum('received'), 5048 + 1_410_000 + 500 + 5900 + 65_536 + 1078 + 4096 + 210_000 + 12 + 64);
    assert.equal(sum('sent'), 1000 + 81_200_000 + 500 + 1020 + 1078 + 34 + 128);
  });
}

test('totals in kB and MB can be turned back into the exact bytes', () => {
  for (const [viewMode, factor] of [
    [1, 1024],
    [3, 1024 ** 2],
  ] as const) {
    const postgres = parse(trace({ viewMode })).find((line) => line.pid === 48_211);
    assert.equal((postgres?.sent ?? 0) * factor, 81_200_500);
  }
});

test('an address and a device are announced once, before the block that first has them', () => {
  const text = trace({}, [BEFORE, NOW, LATER]);
  assert.equal(text.match(/Adding local address: 10\.99\.0\.1$/gm)?.length, 1);
  assert.equal(text.match(/Ethernet link detected/g)?.length, 2);
  assert.match(text, /^No PPP or Ethernet link: 101$/m);
  assert.ok(text.indexOf('Adding local address') < text.indexOf('Refreshing:'));
});

test('an ended process leaves the rates after its refreshes and never the totals', () => {
  const later = Array.from({ length: 3 }, () => LATER);
  const hasCurl = (text: string) => parse(text).some((line) => line.pid === 71_022);
  assert.ok(hasCurl(trace({ exitedRefreshes: 3 }, [BEFORE, NOW, LATER, LATER])));
  assert.ok(!hasCurl(trace({ exitedRefreshes: 3 }, [BEFORE, NOW, ...later])));
  assert.ok(hasCurl(trace({ exitedRefreshes: 0, viewMode: 2 }, [BEFORE, NOW, ...later])));
});

test('at most 100 unknown connections are listed and the rest is counted', () => {
  const flows = Array.from({ length: 250 }, (_, i) => ({
    id: i,
    owner: 0,
    protocol: 6,
    localAddress: '10.0.0.1',
    localPort: 80,
    remoteAddress: '10.0.0.2',
    remotePort: 1000 + i,
    receivedBytes: i,
  }));
  const text = trace({}, [{ owners: [{ flows: 250 }], accounts: [{ receivedBytes: 1 }], flows }]);
  assert.equal(text.match(/^Unknown connection: /gm)?.length, 100);
  assert.match(text, /^Unknown connection: 10\.0\.0\.1:80-10\.0\.0\.2:1249\n/m);
  assert.match(text, /^Unknown connections not listed: 150$/m);
});

test('an argument with a newline and tabs makes no record of its own', () => {
  const lines = parse(trace({ viewMode: 2, commandLine: true }));
  assert.equal(lines.filter((line) => line.pid === 9).length, 0);
  assert.equal(lines.find((line) => line.pid === 900)?.name, './a\\tb\\n9/9/9\\t1\\t1 --flag');
});
