// Owns: what keys and clicks do to a list: sort, groups, tree, pins, freeze, filters that are wrong, choices.
// Knows nothing of: terminals.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Model } from '../src/model/model.ts';
import { isTrouble } from '../src/view/counter-rows.ts';
import { actionFor } from '../src/view/keymap.ts';
import { filterProblem } from '../src/view/list-actions.ts';
import { createSessionHistory, SESSION_CELLS } from '../src/view/session-history.ts';
import { rowText } from '../src/view/styled-text.ts';
import { EMPTY_LIST, INITIAL_UI, listOf, type UiState } from '../src/view/ui-state.ts';
import { listenerOf, watchStory } from './support/socket-story.ts';
import { FLOWS } from './support/view-flows.ts';
import { fixtureModel, interfaceRow, OWNERS, processRow } from './support/view-model.ts';
import { PROTOCOLS } from './support/view-network.ts';
import { keyOf, play } from './support/view-play.ts';
import { QUEUES } from './support/view-queues.ts';

const flows = () => play(fixtureModel({ flows: FLOWS }), { ...INITIAL_UI, place: { kind: 'connections' } });

describe('sorting', () => {
  test('goes by any column, with keys and by a click on its title, and the other way round', () => {
    const scene = play(fixtureModel());
    const click = (needle: string) => {
      const line = scene.lines().findIndex((text) => text.includes('PROGRAM'));
      const column = (scene.lines()[line] ?? '').indexOf(needle);
      scene.act({ kind: 'click', line, column });
    };
    click('PID');
    assert.deepEqual(scene.pids().filter(Boolean).slice(0, 3), [77, 812, 1204]);
    click('PID');
    assert.deepEqual(scene.pids().filter(Boolean).slice(0, 2), [2_147_111, 71_022]);
    assert.ok(scene.lines().some((line) => line.includes('▾ PID')));
    click('CONN');
    assert.deepEqual(scene.pids().slice(0, 2), [9127, 9201]);
    scene.press('o');
    assert.equal(scene.pids().slice(0, -1).at(-1), 9127);
    click('PROGRAM');
    assert.equal(scene.pids()[0], 812);
    scene.press('<');
    assert.equal(listOf(scene.ui).sort?.by, 'user');
    scene.press('s');
    assert.deepEqual([listOf(scene.ui).sort, scene.pids()[0]], [undefined, 48_211]);
  });

  test('each screen has its own; s and r are for all', () => {
    const scene = play(fixtureModel({ flows: FLOWS })).press('>', 'Tab');
    assert.equal(listOf(scene.ui).sort, undefined);
    scene.press('s', '1');
    assert.equal(scene.ui.sort, 'sent');
  });
});

describe('groups', () => {
  test('have the sum of their rows, open and close with Enter, and one row each while closed', () => {
    const scene = flows().press('g');
    assert.deepEqual(scene.keys().slice(0, 2), ['group:10.0.0.9', 'group:203.0.113.77']);
    scene.press('g');
    assert.equal(scene.keys()[0], 'group:tcp/443');
    assert.match(scene.lines().find((line) => line.includes('tcp/443 (4)')) ?? '', /14\.3 MB\/s +809 kB\/s/);
    scene.press('Enter');
    assert.deepEqual(scene.keys().slice(0, 5), ['group:tcp/443', '1.1', '8.1', '2.1', '3.1']);
    scene.press('Enter', 'g', 'g');
    assert.equal(listOf(scene.ui).group, '');
  });

  test('by program have a process that ended before it was read with the others of its name', () => {
    const owners = [
      processRow(1, 10, 'root', '/usr/bin/curl -s x', [0, 9, 1, 9], { program: '/usr/bin/curl' }),
      processRow(2, 11, 'root', '[curl]', [0, 1, 1, 1], { commandLine: '' }),
    ];
    assert.deepEqual(play(fixtureModel({ owners })).press('g').keys(), ['group:curl']);
  });

  test('in a tree every process stands below its parent, and a ring of parents is none', () => {
    const family = [
      processRow(1, 10, 'root', 'master', [0, 0, 1, 1], { parentPid: 1 }),
      processRow(2, 11, 'root', 'worker', [0, 900, 1, 1], { parentPid: 10 }),
      processRow(3, 12, 'root', 'other', [0, 500, 1, 1], { parentPid: 13 }),
      processRow(4, 13, 'root', 'ring', [0, 1, 1, 1], { parentPid: 12 }),
    ];
    const scene = play(fixtureModel({ owners: family })).press('t');
    assert.deepEqual(scene.keys().slice(0, 2), ['1', '2']);
    assert.deepEqual([...scene.keys()].sort(), ['1', '2', '3', '4']);
    assert.ok(scene.lines().some((line) => line.includes('└─worker')));
  });
});

describe('a group', () => {
  const lineOf = (scene: ReturnType<typeof play>, needle: string) =>
    scene.lines().find((line) => line.includes(needle)) ?? '';
  const at = (kind: 'sockets' | 'connections' | 'statistics' | 'processes', group: string, model: Model) =>
    play(model, { ...INITIAL_UI, place: { kind }, lists: { [kind]: { ...EMPTY_LIST, group } } });

  test('has its name in the first column of text, over the empty ones behind', () => {
    const remoteAddress = 'fe80::c47:4bff:fe69:45aa:1234:5678';
    const flows = FLOWS.map((flow) => ({ ...flow, remoteAddress }));
    assert.match(
      lineOf(at('connections', 'remote', fixtureModel({ flows })), remoteAddress),
      /^ {2}▸ fe80\S+ \(\d+\) /,
    );
    assert.match(lineOf(at('connections', 'process', fixtureModel({ flows })), '▸ 9201 node'), /^ {2}▸ 9201 node/);
    assert.match(
      lineOf(at('sockets', 'queue', fixtureModel({ queues: QUEUES })), '▸ Send-Q'),
      /^ ! ▸ Send-Q \(3\) +5\.99 MB/,
    );
  });

  test('of what has none says so', () => {
    const model = fixtureModel({ owners: [processRow(1, 10, 'root', 'a', [0, 1, 0, 1])], flows: [] });
    assert.match(lineOf(at('processes', 'unit', model), '▸'), /▸ no unit \(1\)/);
    assert.match(lineOf(at('processes', 'container', model), '▸'), /▸ no container \(1\)/);
  });

  test('of processes has the sum of what they use', () => {
    const usage = { cpu: 0.3, rssBytes: 3 * 2 ** 20, memory: 0.1, threads: 2, state: 'S' };
    const owners = [1, 2].map((id) => processRow(id, 10 + id, 'root', 'twin', [0, 1, 0, 1], { usage }));
    for (const group of ['program', 'user']) {
      assert.match(lineOf(at('processes', group, fixtureModel({ owners })), '▸'), / 60\.0 +6\.00M /);
    }
  });

  test('of listeners has no sum of their limits', () => {
    const sockets = [1, 2].map((i) => listenerOf(i, 128, { key: `l${i}`, localPort: 8000 + i }));
    const queues = watchStory([{ sockets }]).at(-1);
    assert.match(lineOf(at('sockets', 'queue', fixtureModel({ queues })), '▸ backlog'), /▸ backlog \(2\) +3 /);
  });

  test('of counters has the mark of a sign of trouble that one of them is', () => {
    const lines = at('statistics', 'section', fixtureModel({ protocols: PROTOCOLS })).lines();
    const troubled = PROTOCOLS.rows.filter(isTrouble).map(({ section }) => section);
    const marked = lines.flatMap((line) => /^ ! ▸ (\w+)/.exec(line)?.[1] ?? []);
    assert.deepEqual([...marked].sort(), [...new Set(troubled)].sort());
    assert.ok(marked.length > 0);
  });
});

describe('lines that stand below others', () => {
  const at = (flow: { readonly remoteAddress: string }) => flow.remoteAddress === '203.0.113.77';
  const busier = fixtureModel({ flows: FLOWS.map((flow) => (at(flow) ? { ...flow, receivedRate: 9e9 } : flow)) });

  test('stay with their group while it is selected and another one overtakes it', () => {
    const scene = flows().press('g', 'Home', 'Enter');
    const open = scene.keys().slice(0, 3);
    assert.deepEqual([open[0], open[2]], ['group:10.0.0.9', 'group:203.0.113.77']);
    scene.sample(busier);
    assert.deepEqual(scene.keys().slice(0, 3), open);
  });

  test('keep it above them while one of them is selected', () => {
    const scene = flows().press('g', 'Home', 'Enter', 'Down');
    const open = scene.keys().slice(0, 3);
    assert.equal(listOf(scene.ui).cursor?.key, open[1]);
    scene.sample(busier);
    assert.deepEqual(scene.keys().slice(0, 3), open);
  });

  test('go to the top with their group when it is pinned', () => {
    const scene = flows().press('g', 'End', 'Enter');
    const head = listOf(scene.ui).cursor?.key ?? '';
    const below = scene.keys().slice(scene.keys().indexOf(head) + 1);
    assert.ok(below.length > 0 && below.every((key) => !key.startsWith('group:')));
    scene.press('p');
    assert.deepEqual(scene.keys().slice(0, 1 + below.length), [head, ...below]);
  });

  test('have the strokes of where they stand, held in the place of an elder sibling', () => {
    const family = (first: number, second: number) =>
      fixtureModel({
        owners: [
          processRow(1, 10, 'root', 'master', [0, 0, 1, 1], { parentPid: 1 }),
          processRow(2, 11, 'root', 'elder', [0, first, 1, 1], { parentPid: 10 }),
          processRow(3, 12, 'root', 'younger', [0, second, 1, 1], { parentPid: 10 }),
        ],
      });
    const drawn = (scene: ReturnType<typeof play>) => scene.lines().flatMap((line) => /[├└]─\w+/.exec(line)?.[0] ?? []);
    const scene = play(family(900, 5)).press('t', 'Home', 'Down');
    assert.deepEqual(drawn(scene), ['├─elder', '└─younger']);
    scene.sample(family(5, 900));
    assert.deepEqual(drawn(scene), ['├─elder', '└─younger']);
    scene.press('Escape');
    assert.deepEqual(drawn(scene), ['├─younger', '└─elder']);
  });
});

describe('rows that stay', () => {
  const moved = fixtureModel({
    owners: OWNERS.map((row) => (row.pid === 1204 ? { ...row, receivedRate: 9e9 } : row)),
  });

  test('frozen rows keep their places whatever they move, new ones come last', () => {
    const scene = play(fixtureModel());
    scene.sample();
    const before = scene.keys();
    scene.press('f');
    scene.sample({ ...moved, owners: [processRow(99, 5, 'root', 'new', [9e9, 9e9, 9e9, 9e9]), ...moved.owners] });
    assert.deepEqual(
      scene.keys().filter((key) => key !== 'exited'),
      [...before.filter((key) => key !== 'exited'), '99'],
    );
    scene.press('f');
    scene.sample(moved);
    assert.equal(scene.pids()[0], 1204);
  });

  test('pinned rows stand first with a mark, until they are pinned no more', () => {
    const scene = play(fixtureModel()).press('Down', 'Down', 'Down', 'p');
    assert.equal(scene.pids()[0], 48_211);
    scene.press('Escape');
    assert.ok(scene.lines().some((line) => /^\* +48211/.test(line)));
    scene.press('Home', 'p');
    assert.deepEqual(listOf(scene.ui).pinned, []);
  });
});

describe('a pinned row', () => {
  const first = (scene: ReturnType<typeof play>) => {
    const { facts, frame } = scene.screen();
    const row = frame.rows[facts.firstLine];
    return [facts.keys[0], row === undefined ? '' : rowText(row).slice(0, 1)];
  };

  test('is on top of groups, closed and open, whichever line is selected; the sum of its group has it', () => {
    const scene = flows().press('Home', 'Down', 'p');
    const pinned = listOf(scene.ui).pinned[0];
    const row = FLOWS.find(({ key }) => key === pinned);
    const group = `group:${row?.remoteAddress}`;
    scene.press('g');
    assert.deepEqual(first(scene), [pinned, '*']);
    scene.press('Home', 'Down');
    for (const _ of scene.keys().slice(1)) {
      assert.deepEqual(first(scene), [pinned, '*']);
      scene.press('Enter');
      assert.deepEqual(first(scene), [pinned, '*']);
      assert.equal(scene.keys().filter((key) => key === pinned).length, 1);
      scene.press('Enter', 'Down');
    }
    assert.ok(scene.keys().includes(group));
    const count = FLOWS.filter(({ remoteAddress }) => remoteAddress === row?.remoteAddress).length;
    assert.ok(scene.lines().some((line) => line.includes(`(${count})`)));
  });

  test('is on top of processes taken apart by their hosts, and is not folded when it has ended', () => {
    const scene = play(fixtureModel({ flows: FLOWS })).press('Down', 'p', 'g', 'g', 'g');
    assert.equal(listOf(scene.ui).group, 'remote');
    assert.deepEqual(first(scene), [listOf(scene.ui).pinned[0], '*']);
    const ended = play(fixtureModel(), { ...INITIAL_UI, lists: { processes: { ...EMPTY_LIST, pinned: ['40'] } } });
    assert.deepEqual(first(ended), ['40', '*']);
    assert.ok(ended.keys().every((key) => key !== 'exited') || ended.lines().some((line) => /1 ended/.test(line)));
  });
});

describe('a list without rows', () => {
  const empty = fixtureModel({ owners: [], flows: [] });
  const said = (ui: Partial<UiState>) =>
    play(empty, { ...INITIAL_UI, ...ui })
      .lines()
      .join('\n');

  test('names the interface that is looked at alone', () => {
    assert.match(said({ device: 'eth0' }), /no packets on eth0 yet/);
    assert.match(said({ device: 'eth0', place: { kind: 'connections' } }), /no live connections on eth0/);
    assert.match(said({ device: 'eth0', place: { kind: 'hosts' } }), /no live connections on eth0, so no hosts/);
  });

  test('says how loopback is watched where it is not', () => {
    assert.match(said({}), /no packets yet$/m);
    const eth0 = fixtureModel({ owners: [], interfaces: [interfaceRow(0, 'eth0', [0, 0, 0, 0])] });
    assert.match(play(eth0).lines().join('\n'), /no packets yet; loopback is watched with --all/);
  });
});

describe('a file', () => {
  test('has processes that have ended as one row where they are listed as one', () => {
    const scene = play(fixtureModel());
    const rows = () => scene.screen().facts.rows?.exports().rows.length;
    assert.ok(scene.keys().includes('exited'));
    assert.equal(rows(), scene.keys().length);
    scene.press('x');
    assert.equal(rows(), OWNERS.length);
  });
});

describe('a filter that means nothing', () => {
  test('is told and leaves the one before in force; Enter does not take it, Esc clears both', () => {
    const scene = play(fixtureModel()).press('/', ...'systemd', 'Enter', '/', ...' prot:udp');
    assert.match(filterProblem(scene.ui) ?? '', /nothing here is called "prot"/);
    assert.match(scene.lines().at(-1) ?? '', /^Filter: systemd prot:udp +! nothing here is called "prot"/);
    assert.deepEqual([listOf(scene.ui).filter, scene.pids().length], ['systemd', 2]);
    scene.press('Enter');
    assert.equal(listOf(scene.ui).draft, 'systemd prot:udp');
    scene.press('Escape');
    assert.deepEqual([listOf(scene.ui).filter, listOf(scene.ui).draft], ['', undefined]);
  });
});

describe('the filter line', () => {
  test('stays open after Ctrl-U and Ctrl-W, so that what is typed next is text', () => {
    const scene = play(fixtureModel()).press('/', ...'user:root name:x');
    const erase = (char: string) => {
      const action = actionFor(scene.ui, { kind: 'char', char, ctrl: true, alt: false });
      if (action !== undefined) scene.act(action);
      return [listOf(scene.ui).draft, listOf(scene.ui).filter];
    };
    assert.deepEqual(erase('w'), ['user:root ', 'user:root ']);
    assert.deepEqual(erase('u'), ['', '']);
    scene.press(...'qs');
    assert.deepEqual([listOf(scene.ui).draft, listOf(scene.ui).filter, scene.ui.sort], ['qs', 'qs', 'received']);
  });
});

describe('one interface', () => {
  test('is chosen from a list; the tab line says so', () => {
    const scene = play(fixtureModel()).press('d', 'Down', 'Down', 'Enter');
    assert.equal(scene.ui.device, 'wg0');
    assert.deepEqual(scene.pids(), [9127, 3311]);
    assert.ok(scene.lines().some((line) => line.includes(' on wg0 ')));
    scene.press('d', 'Enter');
    assert.equal(scene.ui.device, '');
  });
});

describe('a signal', () => {
  test('is chosen, then asked about; only y sends it, and Enter does not', () => {
    const chosen = play(fixtureModel()).press('Down', 'K', 'Down', 'Enter');
    assert.deepEqual(
      [chosen.ui.overlay, chosen.ui.pending?.pid, chosen.ui.pending?.signal],
      ['confirm', 9127, 'SIGINT'],
    );
    assert.ok(chosen.lines().some((line) => line.includes('Send SIGINT to 9127 nginx: worker process?')));
    assert.deepEqual(actionFor(chosen.ui, keyOf('y')), { kind: 'send-signal' });
    for (const key of ['Enter', 'Y', 'n', ' ', 'Escape', 'K']) {
      assert.deepEqual(actionFor(chosen.ui, keyOf(key)), { kind: 'back' }, key);
    }
    assert.equal(actionFor(chosen.ui, { kind: 'paste', text: 'y' }), undefined);
    assert.equal(chosen.press('Escape').ui.pending, undefined);
  });

  test('cannot be chosen for what is no running process, nor with --read-only', () => {
    const exited = play(fixtureModel()).press('/', ...'curl', 'Enter', 'Down', 'K');
    assert.equal(exited.ui.overlay, 'none');
    const reading = play(fixtureModel(), { ...INITIAL_UI, readOnly: true }).press('Down', 'K');
    assert.equal(reading.ui.overlay, 'none');
  });

  test('is for a row that is selected, not for one that happens to stand first', () => {
    assert.equal(play(fixtureModel()).press('K').ui.overlay, 'none');
  });

  test('goes to the process that a page is about', () => {
    const ui: UiState = { ...INITIAL_UI, place: { kind: 'process', ownerId: 32, from: 'processes' } };
    assert.equal(play(fixtureModel({ flows: [] }), ui).press('K').ui.pending?.pid, 9201);
  });
});

describe('pages inside', () => {
  test('Esc leads back to where they were opened', () => {
    const scene = flows().press('Down', 'Enter');
    assert.deepEqual(scene.ui.place, { kind: 'process', ownerId: 30, from: 'connections' });
    assert.equal(scene.press('Escape').ui.place.kind, 'connections');
    const hosts = play(fixtureModel({ flows: FLOWS }), { ...INITIAL_UI, place: { kind: 'hosts' } }).press('Enter');
    assert.deepEqual(hosts.ui.place, { kind: 'host', address: '10.0.0.9', from: 'hosts' });
    assert.deepEqual(hosts.keys(), ['4.4']);
  });
});

describe('the history of a session', () => {
  test('covers all of it in the same number of cells, with means that stay true', () => {
    const history = createSessionHistory();
    const model = fixtureModel({ owners: [processRow(1, 1, 'a', 'a', [100, 50, 0, 0])] });
    for (let i = 0; i < SESSION_CELLS * 3; i++) history.add(model);
    const series = history.of(1);
    assert.ok(series && series.sent.length <= SESSION_CELLS && series.isWhole);
    assert.deepEqual([Math.min(...series.sent), Math.max(...series.received)], [100, 50]);
    assert.equal(series.spanMs, SESSION_CELLS * 3 * 1000);
  });

  test('knows an owner from its first byte on and forgets it with its row', () => {
    const history = createSessionHistory();
    const idle = fixtureModel({ owners: [processRow(1, 1, 'a', 'a', [0, 0, 0, 0])] });
    const busy = fixtureModel({ owners: [processRow(1, 1, 'a', 'a', [8, 0, 0, 0])] });
    history.add(idle);
    assert.equal(history.of(1), undefined);
    history.add(busy);
    assert.deepEqual(history.of(1)?.sent, [0, 8]);
    history.add(fixtureModel({ owners: [] }));
    assert.equal(history.of(1), undefined);
  });
});
