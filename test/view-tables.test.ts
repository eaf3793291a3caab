// Owns: the tables of sockets, routes and counters as lists: their own order, folds, filters, what Enter and files have.
// Knows nothing of: terminals; how they look is in the golden screens.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actionFor } from '../src/view/keymap.ts';
import { counterWord } from '../src/view/protocol-words.ts';
import { INITIAL_UI, listOf, type TabId, type UiState } from '../src/view/ui-state.ts';
import { listenerOf, socketOf, watchStory } from './support/socket-story.ts';
import { fixtureModel } from './support/view-model.ts';
import { PROTOCOLS, ROUTES } from './support/view-network.ts';
import { play } from './support/view-play.ts';
import { QUEUES } from './support/view-queues.ts';

const MODEL = fixtureModel({ queues: QUEUES, routes: ROUTES, protocols: PROTOCOLS });
const at = (kind: TabId): UiState => ({ ...INITIAL_UI, place: { kind } });
const on = (kind: TabId, size = { columns: 200, rows: 40 }) => play(MODEL, at(kind), size);

/** A filter as it is typed. */
function filtered(kind: TabId, text: string): readonly string[] {
  const scene = on(kind).press('/');
  scene.act({ kind: 'filter-type', text });
  return scene.keys();
}

describe('a list with an order of its own', () => {
  test('is sorted by a column, the other way round, and by a third click as before', () => {
    const scene = on('sockets');
    const before = scene.keys();
    assert.deepEqual(before.slice(0, 4), ['send persist', 'receive unread', 'send dead', 'accept full']);
    const click = () => {
      const line = scene.lines().findIndex((text) => text.includes('QUEUE'));
      scene.act({ kind: 'click', line, column: (scene.lines()[line] ?? '').indexOf('SIZE') });
    };
    click();
    assert.deepEqual(scene.keys().slice(0, 2), ['send bulk', 'send persist']);
    click();
    assert.equal(scene.keys().at(-1), 'send bulk');
    click();
    assert.deepEqual([scene.keys(), listOf(scene.ui).sort], [before, undefined]);
  });

  test('is stepped through with < and >, and reached again behind the last column', () => {
    const scene = on('routes').press('<');
    assert.equal(listOf(scene.ui).sort?.by, 'table');
    scene.press('>');
    assert.equal(listOf(scene.ui).sort, undefined);
    assert.equal(listOf(scene.press('>').ui).sort?.by, 'destination');
  });

  test('has the queue that stands longest first by FOR', () => {
    const story = watchStory([
      { sockets: [socketOf({ key: 'old', sendQueue: 9000 })] },
      { sockets: [socketOf({ key: 'old', sendQueue: 9000 }), socketOf({ key: 'new', sendQueue: 90_000 })] },
    ]).at(-1);
    const scene = play(fixtureModel({ queues: story }), {
      ...at('sockets'),
      lists: { sockets: { ...listOf(INITIAL_UI), sort: { by: 'forMs', reversed: false } } },
    });
    assert.deepEqual(scene.keys(), ['send old', 'send new']);
  });

  test('knows no sent and received: keys for them are dead there, and so are signals to a route', () => {
    for (const kind of ['sockets', 'routes', 'statistics'] as const) {
      const dead = ['s', 'r', 'm', 'd'].filter((char) =>
        actionFor(at(kind), { kind: 'char', char, ctrl: false, alt: false }),
      );
      assert.deepEqual(dead, [], kind);
    }
    const kill = { kind: 'char', char: 'K', ctrl: false, alt: false } as const;
    assert.equal(actionFor(at('routes'), kill), undefined);
    assert.notEqual(actionFor(at('sockets'), kill), undefined);
  });
});

describe('the tabs', () => {
  const line = (columns: number) =>
    on('sockets', { columns, rows: 14 })
      .lines()
      .find((text) => text.includes('Sockets')) ?? '';

  test('keep their keys beside a subject and the part of a long list that is in sight', () => {
    assert.match(line(80), /^─ 1 ─ 2 ─ Sockets 4 queues pile up.* ─ 4 ─ 5 ─ 6 ─ 7 ─ 8 ─ \? ─+ 1-\d+ of \d+ ─$/);
  });

  test('outlive the subject, whose place the badge takes then', () => {
    assert.match(line(62), /^─ 1 ─ 2 ─ Sockets !4 ─ 4 ─ 5 ─ 6 ─ 7 ─ 8 ─ \? ─+ 1-\d+ of \d+ ─$/);
    assert.doesNotMatch(line(80), /!4/);
  });
});

describe('folded rows', () => {
  test('open and close with Enter, and are there at once for a filter and in a file', () => {
    const scene = on('statistics');
    assert.deepEqual(scene.keys().slice(-2), ['group:quiet', 'group:zeros']);
    assert.equal(scene.screen().facts.rows?.exports().rows.length, PROTOCOLS.rows.length);
    scene.press('End', 'Enter');
    assert.deepEqual(scene.keys().slice(-3), ['group:zeros', 'Ip InHdrErrors', 'TcpExt SyncookiesSent']);
    scene.press('Enter');
    assert.equal(scene.keys().at(-1), 'group:zeros');
    assert.deepEqual(filtered('statistics', 'syncookies'), ['TcpExt SyncookiesSent']);
  });

  test('of idle listeners are those beyond the eighth, before the queues', () => {
    const sockets = Array.from({ length: 12 }, (_, i) => listenerOf(0, 128, { key: `l${i}`, localPort: 8000 + i }));
    const queues = watchStory([{ sockets: [...sockets, socketOf({ key: 'q', sendQueue: 10 })] }]).at(-1);
    const scene = play(fixtureModel({ queues }), at('sockets'));
    assert.deepEqual(scene.keys().slice(-3), ['accept l7', 'group:quiet-listeners', 'send q']);
    assert.ok(scene.lines().some((line) => line.includes('more listeners (4)')));
  });

  test('are not those that are pinned', () => {
    const scene = on('statistics').press('End', 'Enter', 'Down', 'Down', 'p');
    scene.act({ kind: 'move', by: 'end', direction: 1 });
    assert.equal(scene.keys()[0], 'TcpExt SyncookiesSent');
  });
});

describe('filters', () => {
  test('ask sockets for owner, port, cause, size and time', () => {
    assert.deepEqual(filtered('sockets', 'name:redis-server size>1M'), ['send persist']);
    assert.deepEqual(filtered('sockets', 'cause:not-accepting or for>1h'), ['accept full']);
    assert.deepEqual(filtered('sockets', 'state:listen port:22'), ['accept ssh']);
    assert.deepEqual(filtered('sockets', 'remote:2001:db8::/32'), ['send dead']);
    assert.deepEqual(filtered('sockets', 'pid:9128'), ['accept full']);
  });

  test('ask routes for networks, routers and families', () => {
    assert.equal(filtered('routes', 'dest:192.0.2.0/24').length, 2);
    assert.equal(filtered('routes', 'via:10.0.0.0/24 not table:100').length, 2);
    assert.equal(filtered('routes', 'family:6').length, 1);
    assert.equal(filtered('routes', 'type:blackhole')[0]?.includes('172.31.0.0/16'), true);
  });

  test('ask counters for their rate and whether they are a sign of trouble', () => {
    assert.deepEqual(filtered('statistics', 'proto:tcpext trouble:yes rate>1'), [
      'TcpExt ListenOverflows',
      'TcpExt ListenDrops',
    ]);
  });
});

describe('a row of the sockets', () => {
  test('opens the process that has it, and Esc leads back', () => {
    const scene = on('sockets').press('Down', 'Enter');
    assert.deepEqual(scene.ui.place, { kind: 'process', ownerId: 33, from: 'sockets' });
    assert.deepEqual(scene.press('Escape').ui.place, { kind: 'sockets' });
  });

  test('is its cause below it too where the table is narrow: Enter, copies and signals mean the row', () => {
    const scene = on('sockets', { columns: 80, rows: 24 });
    const { facts } = scene.screen();
    assert.deepEqual(facts.keys.slice(0, 2), ['send persist', '!send persist']);
    assert.equal(facts.rows?.copies('!send persist'), '10.0.0.31:51022');
    assert.equal(facts.rows?.target('!send persist')?.pid, 9310);
    assert.deepEqual(scene.press('Down', 'Down', 'Enter').ui.place, { kind: 'process', ownerId: 33, from: 'sockets' });
  });

  test('is a line of the file with its process, and null where the kernel has it', () => {
    const table = on('sockets').screen().facts.rows?.exports();
    const column = (name: string) => table?.fields.findIndex(({ jsonKey }) => jsonKey === name) ?? -1;
    const [first] = table?.rows ?? [];
    assert.deepEqual(
      [table?.name, first?.[column('name')], first?.[column('size')]],
      ['sockets', 'redis-server', 1_800_000],
    );
    assert.ok(
      !on('sockets', { columns: 80, rows: 24 })
        .screen()
        .facts.rows?.exports()
        .rows.some((row) => row.length === 0),
    );
  });
});

test('ways of the same route have keys of their own, so that none is lost', () => {
  const keys = on('routes').keys();
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(keys.filter((key) => key.includes('192.0.2.0/24')).length, 2);
});

test('IPv6 counters have the words of IPv4 counters, whichever section those stand in', () => {
  assert.equal(counterWord('Ip6', 'InReceives')?.text, 'packets received');
  assert.equal(counterWord('Ip6', 'InOctets')?.text, 'bytes received');
  assert.equal(counterWord('Icmp6', 'InMsgs')?.text, 'messages received');
  assert.equal(counterWord('Ip6', 'toString'), undefined);
});
