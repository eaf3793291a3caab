// Owns: the tables of sockets, routes and counters as lists: their own order, folds, filters, what Enter and files have.
// Knows nothing of: terminals; how they look is in the golden screens.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OwnerRow } from '../src/model/model.ts';
import { actionFor } from '../src/view/keymap.ts';
import { counterWord } from '../src/view/protocol-words.ts';
import { rowText } from '../src/view/styled-text.ts';
import { headerRow } from '../src/view/table.ts';
import { EMPTY_LIST, INITIAL_UI, listOf, type TabId, type UiState, withList } from '../src/view/ui-state.ts';
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

  test('has rates in the unit that u has chosen, in sentences too; what lies in a queue stays bytes', () => {
    const story = watchStory(
      [0, 1, 2].map((look) => ({
        sockets: [
          socketOf({
            sendQueue: 1_500_000,
            timer: 'probe',
            tcp: { bytesAcked: 56_500 * look, busyUs: 1e6 * look, windowLimitedUs: 1e6 * look, deliveryRate: 1e6 },
          }),
        ],
      })),
    ).at(-1);
    const scene = play(fixtureModel({ queues: story }), at('sockets'), { columns: 200, rows: 40 });
    const said = () => {
      const line = scene.lines().find((text) => text.includes('Send-Q')) ?? '';
      return /([\d.]+ \w+) +2 s .* ([\d.]+ +\w+\/s) .*the peer reads slowly, ([\d.]+ \w+\/s)/.exec(line)?.slice(1);
    };
    assert.deepEqual(said(), ['1.50 MB', '56.5 kB/s', '56.5 kB/s']);
    scene.press('u');
    assert.deepEqual(said(), ['1.43 MiB', '55.2 KiB/s', '55.2 KiB/s']);
    scene.press('u');
    assert.deepEqual(said(), ['1.50 MB', '452 kbit/s', '452 kbit/s']);
    scene.press('u');
    assert.deepEqual(said(), ['1.43 MiB', '441 Kibit/s', '441 Kibit/s']);
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

test('the meters of the host stand on every page of a screen with room, on a small one where tables are short', () => {
  const meters = (kind: TabId, rows: number) =>
    play(MODEL, at(kind), { columns: 120, rows })
      .lines()
      .some((line) => /^Mem\[.*Swp\[/.test(line));
  const kinds = ['processes', 'connections', 'sockets', 'hosts', 'interfaces', 'routes', 'statistics', 'log'] as const;
  assert.deepEqual(
    kinds.filter((kind) => !meters(kind, 40)),
    [],
  );
  assert.deepEqual(
    kinds.filter((kind) => meters(kind, 24)),
    ['processes', 'connections', 'hosts'],
  );
  const wifi = play(MODEL, at('interfaces'), { columns: 120, rows: 60 }).lines();
  assert.equal(wifi.filter((line) => line.startsWith('wlp3s0')).length, 1, 'each interface once');
});

test('at 40 columns a refusing route still says in one whole word what becomes of packets', () => {
  const first = ROUTES.rows?.[0];
  assert.ok(first !== undefined);
  const rows = ['blackhole', 'unreachable'].map((type) => ({ ...first, key: type, type, gateway: '', device: '' }));
  const lines = play({ ...MODEL, routes: { ...ROUTES, rows } }, at('routes'), { columns: 40, rows: 10 }).lines();
  assert.ok(
    lines.some((line) => / blackhole$/.test(line.trimEnd())),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => / unreachable$/.test(line.trimEnd())),
    lines.join('\n'),
  );
});

describe('what piles up worst', () => {
  const headline = (ui: UiState, columns = 120, rows = 40) =>
    play(MODEL, ui, { columns, rows })
      .lines()
      .filter((line) => line.startsWith('! 4 queues pile up'));

  test('stands with its owner and cause above every page but those that say it themselves', () => {
    const wanted =
      '! 4 queues pile up, redis-server 9310: Send-Q 1.80 MB for 10 s to 10.0.0.31:51022: the peer does not read (zero window)';
    for (const kind of ['connections', 'hosts', 'interfaces', 'routes', 'statistics', 'log'] as const) {
      assert.deepEqual(headline(at(kind)), [wanted], kind);
    }
    const processOf = (pid: number): UiState => {
      const ownerId = MODEL.owners.find((row) => row.pid === pid)?.id ?? -1;
      return { ...INITIAL_UI, place: { kind: 'process', ownerId, from: 'processes' } };
    };
    assert.deepEqual(headline(processOf(9201)), [wanted]);
    assert.deepEqual(headline(processOf(9310)), []);
    assert.deepEqual(headline(at('sockets')), []);
    assert.deepEqual(headline({ ...at('processes'), overlay: 'help' }), []);
  });

  test('is said once on Processes: below its row where that is in sight, else above all', () => {
    const told = (ui: UiState) => {
      const lines = play(MODEL, ui, { columns: 120, rows: 40 }).lines();
      return lines.filter((line) => line.includes('Send-Q 1.80 MB for 10 s')).map((line) => line.startsWith('! 4'));
    };
    const processes = at('processes');
    assert.deepEqual(told(processes), [false]);
    const list = listOf(processes);
    assert.deepEqual(told(withList(processes, { ...list, filter: 'nginx' })), [true]);
    const many = Array.from({ length: 60 }, (_, i) => ({
      ...(MODEL.owners[0] as OwnerRow),
      id: 1000 + i,
      pid: 1000 + i,
    }));
    const long = { ...MODEL, owners: [...many.map((row) => ({ ...row, receivedRate: 9e9 })), ...MODEL.owners] };
    const lines = play(long, processes, { columns: 120, rows: 40 }).lines();
    assert.equal(lines.filter((line) => line.includes('Send-Q 1.80 MB for 10 s')).length, 1);
    assert.ok(lines.some((line) => line.startsWith('! 4 queues pile up')));
  });

  test('takes no line of a small screen, and none where nothing piles up', () => {
    for (const [columns, rows] of [
      [80, 24],
      [80, 50],
      [120, 29],
      [40, 10],
    ] as const) {
      assert.deepEqual(headline(at('processes'), columns, rows), []);
    }
    const calm = play(fixtureModel({ queues: { ...QUEUES, raised: 0, rows: [] } }), at('processes'));
    assert.ok(!calm.lines().some((line) => line.startsWith('! ')));
  });
});

describe('the mark of the column that rows are sorted by', () => {
  const header = (scene: ReturnType<typeof play>) => {
    const { facts } = scene.screen();
    return scene.lines()[facts.firstLine - 1] ?? '';
  };

  test('cuts no title, and stands alone', () => {
    const tabs = ['processes', 'connections', 'sockets', 'hosts', 'routes', 'statistics'] as const;
    for (const columns of [60, 80, 100, 120, 160, 200]) {
      for (const tab of tabs) {
        const sorted = (by: string) =>
          header(
            play(
              MODEL,
              { ...at(tab), lists: { [tab]: { ...EMPTY_LIST, sort: { by, reversed: false } } } },
              { columns, rows: 30 },
            ),
          );
        const plain = sorted('nothing').split(/\s+/);
        const scene = play(MODEL, at(tab), { columns, rows: 30 });
        for (const { means } of scene.screen().facts.spots ?? []) {
          if (!('sort' in means)) continue;
          const marked = sorted(means.sort);
          assert.equal(marked.match(/[▾▴]/g)?.length, 1, `${tab} ${means.sort} ${columns}: ${marked}`);
          assert.deepEqual(marked.replace(/[▾▴]/, ' ').split(/\s+/), plain, `${tab} ${means.sort} ${columns}`);
        }
      }
    }
  });

  test('points down where the largest stands first, the end of the alphabet, or what is an alarm', () => {
    const scene = on('sockets');
    const by = (sort: string, reversed: boolean) => {
      scene.ui = { ...at('sockets'), lists: { sockets: { ...EMPTY_LIST, sort: { by: sort, reversed } } } };
      return [/[▾▴] ?\S+/.exec(header(scene))?.[0], scene.keys()[0]];
    };
    assert.deepEqual(by('size', false), ['▾ SIZE', 'send bulk']);
    assert.deepEqual(by('name', false)[0], '▴ PROCESS');
    assert.deepEqual(by('name', true)[0], '▾ PROCESS');
    const [mark, first] = by('raised', false);
    assert.equal(mark, '▾!');
    assert.ok(QUEUES.rows.some((row) => row.raised && `${row.kind} ${row.socket.key}` === first));
    const quiet = by('raised', true)[1];
    assert.ok(QUEUES.rows.some((row) => !row.raised && `${row.kind} ${row.socket.key}` === quiet));
  });

  test('of an age points down where the oldest stands first', () => {
    const scene = play(MODEL, INITIAL_UI, { columns: 200, rows: 30 });
    scene.ui = { ...INITIAL_UI, lists: { processes: { ...EMPTY_LIST, sort: { by: 'startMs', reversed: false } } } };
    assert.match(header(scene), /▴ AGE/);
  });

  test('is a letter where there are none but those of ASCII, not the mark of a pin', () => {
    const column = { title: 'SIZE', align: 'right', gap: 1, width: 8 } as const;
    const mode = { unicode: false, color: false, ambiguousWidth: 1 } as const;
    const text = (sorted: true | 'reversed') => rowText(headerRow([{ ...column, sorted }], mode));
    assert.deepEqual([text(true), text('reversed')], ['   v SIZE', '   ^ SIZE']);
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

  test('has its cause below it where the table is narrow: a click there selects the row, and then opens it', () => {
    const scene = on('sockets', { columns: 80, rows: 24 });
    const { facts } = scene.screen();
    assert.deepEqual(facts.keys.slice(0, 2), ['send persist', 'receive unread']);
    assert.equal(facts.rows?.copies('send persist'), '10.0.0.31:51022');
    assert.equal(facts.rows?.target('send persist')?.pid, 9310);
    const cause = { kind: 'click', line: facts.firstLine + 1, column: 9 } as const;
    scene.act(cause);
    assert.equal(listOf(scene.ui).cursor?.key, 'send persist');
    scene.act(cause);
    assert.deepEqual(scene.ui.place, { kind: 'process', ownerId: 33, from: 'sockets' });
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
