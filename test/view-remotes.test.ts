// Owns: processes by where their connections lead: filters by port and remote host, groups by remote host.
// Knows nothing of: terminals.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildModel } from '../src/model/build-model.ts';
import { compileFilter } from '../src/model/filter.ts';
import type { FlowRow, OwnerRow } from '../src/model/model.ts';
import { OWNER_VOCABULARY } from '../src/model/owner-vocabulary.ts';
import { NO_REMOTE, splitByRemote } from '../src/view/owner-remotes.ts';
import { needsFlows } from '../src/view/screen-table.ts';
import { EMPTY_LIST, INITIAL_UI, type ListState, type UiState } from '../src/view/ui-state.ts';
import { modelOf, sampleOf } from './support/sample-builder.ts';
import { FLOWS, flowRow } from './support/view-flows.ts';
import { fixtureModel, OWNERS } from './support/view-model.ts';
import { play } from './support/view-play.ts';
import { BEFORE, NOW } from './support/world.ts';
import { seededRandom } from './tui-random.ts';

const uiWith = (list: Partial<ListState>): UiState => ({
  ...INITIAL_UI,
  lists: { processes: { ...EMPTY_LIST, ...list } },
});

describe('a filter by connections', () => {
  const model = modelOf(NOW, BEFORE);
  const found = (text: string) => {
    const filter = compileFilter(text, OWNER_VOCABULARY);
    if (!filter.ok) throw new Error(filter.problem);
    return model.owners.filter(filter.matches).map(({ id }) => id);
  };

  test('lets processes through that have one with that port, address, network or protocol', () => {
    const [tcp] = model.flows ?? [];
    assert.ok(tcp);
    assert.ok(found(`port:${tcp.localPort}`).includes(tcp.ownerId));
    assert.deepEqual(found('lport:5432'), [
      ...new Set(model.flows?.filter((flow) => flow.localPort === 5432).map((flow) => flow.ownerId)),
    ]);
    const there = model.flows?.filter((flow) => flow.remoteAddress.startsWith('10.99.0.')).map((flow) => flow.ownerId);
    assert.deepEqual(
      found('remote:10.99.0.0/24'),
      [...new Set(there)].sort((a, b) => a - b),
    );
    assert.deepEqual(found('port:1 and remote:10.99.0.0/24'), []);
  });

  test('asks for samples with flows, and nothing else does on the process table', () => {
    assert.equal(needsFlows(uiWith({ filter: 'not (port:443 or user:root)' })), true);
    assert.equal(needsFlows(uiWith({ filter: 'REMOTE:10.0.0.0/8' })), true);
    assert.equal(needsFlows(uiWith({ filter: 'user:root port' })), false);
    assert.equal(needsFlows(uiWith({ group: 'remote' })), true);
    assert.equal(needsFlows(uiWith({ group: 'user' })), false);
  });

  test('matches nobody in a sample without flows', () => {
    const bare = buildModel(sampleOf(NOW, { withFlows: false }), undefined);
    const filter = compileFilter('port:5432', OWNER_VOCABULARY);
    assert.ok(filter.ok && bare.owners.every((row) => !filter.matches(row)));
  });
});

describe('groups by remote host', () => {
  const model = fixtureModel({ flows: FLOWS });

  test('take a process apart: its parts add up to it, what no live connection moved included', () => {
    const owner = model.owners.find(({ id }) => id === 31);
    assert.ok(owner);
    const parts = splitByRemote([owner], model);
    assert.deepEqual(
      parts.map(({ remote }) => remote),
      ['203.0.113.77', '2001:db8:1234:5678:9abc:def0:1234:5678', '198.51.100.9', NO_REMOTE],
    );
    const sum = (of: (row: (typeof parts)[number]) => number) => parts.reduce((total, row) => total + of(row), 0);
    assert.equal(
      sum((row) => row.sentBytes),
      owner.sentBytes,
    );
    assert.equal(
      sum((row) => row.receivedBytes),
      owner.receivedBytes,
    );
    assert.equal(parts[0]?.sentRate, 9_100_000);
    assert.deepEqual(
      parts.map(({ connections }) => connections),
      [1, 1, 0, owner.connections - 2],
      'that with 198.51.100.9 has ended',
    );
  });

  test('and what is left add up to the total in every refresh, whatever flows have', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const rate = () => random.below(10) * 0.1 + random.below(1e6);
      const flows = Array.from({ length: 1 + random.below(30) }, (_, i) => {
        const numbers = [rate(), rate(), random.below(1e7), random.below(1e7)] as const;
        const more = { repeated: random.below(4) === 0 };
        return flowRow(`${i}`, 30 + random.below(8), `fe80::${random.below(6)}`, 443, numbers, more);
      });
      // Some owners moved exactly what their flows did, in another order of adding up; some a little more or less.
      const owners = OWNERS.map((owner) => {
        const own = flows.filter(({ ownerId, repeated }) => ownerId === owner.id && !repeated).reverse();
        const sum = (of: (flow: FlowRow) => number) => own.reduce((total, flow) => total + of(flow), 0);
        const off = random.below(3) * random.below(5000);
        return {
          ...owner,
          connections: flows.filter(({ ownerId }) => ownerId === owner.id).length + random.below(2),
          sentBytes: sum((flow) => flow.sentBytes) + off,
          receivedBytes: Math.max(0, sum((flow) => flow.receivedBytes) - off),
          sentRate: sum((flow) => flow.sentRate ?? 0),
          receivedRate: Math.max(0, sum((flow) => flow.receivedRate ?? 0) - off),
        };
      });
      const parts = splitByRemote(owners, { flows });
      for (const name of ['connections', 'sentBytes', 'receivedBytes', 'sentRate', 'receivedRate'] as const) {
        const total = (rows: readonly OwnerRow[]) => rows.reduce((sum, row) => sum + (row[name] ?? 0), 0);
        const error = Math.abs(total(parts) - total(owners));
        assert.ok(error <= (name.endsWith('Rate') ? 0.1 : 0), `seed ${seed}: ${name} is off by ${error}`);
        assert.ok(
          parts.every((row) => row[name] === 0 || (row[name] ?? 0) >= 0.001),
          `seed ${seed}: ${name}`,
        );
      }
      const hosts = new Set(flows.map(({ remoteAddress }) => remoteAddress));
      assert.deepEqual(new Set(parts.flatMap(({ remote = '' }) => (hosts.has(remote) ? [remote] : []))), hosts);
    }
  });

  test('stand in the order of what goes there, and open to the processes that talk to them', () => {
    const scene = play(model, { ...uiWith({ group: 'remote' }), sort: 'sent' });
    const first = scene.keys()[0];
    assert.equal(first, 'group:10.0.0.9');
    scene.press('Home', 'Enter');
    assert.equal(scene.keys()[1], '30 10.0.0.9');
    assert.deepEqual(scene.press('Down', 'Enter').ui.place, { kind: 'process', ownerId: 30, from: 'processes' });
  });
});
