// Owns: what filter expressions mean, and the sentence for each that means nothing.
// Knows nothing of: screens.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contains, parseRange } from '../src/model/address-range.ts';
import { CONNECTION_VOCABULARY, joinFlows } from '../src/model/connection-row.ts';
import { compileFilter } from '../src/model/filter.ts';
import { parseFilter } from '../src/model/filter-syntax.ts';
import { listRows } from '../src/model/flow-list.ts';
import { OWNER_VOCABULARY } from '../src/model/owner-vocabulary.ts';
import { QUEUE_VOCABULARY } from '../src/model/queue-list.ts';
import { rowsOf } from '../src/model/row-source.ts';
import { FLOWS, flowRow } from './support/view-flows.ts';
import { fixtureModel, NOW_MS, OWNERS } from './support/view-model.ts';
import { QUEUES } from './support/view-queues.ts';
import { seededRandom } from './tui-random.ts';

const MODEL = fixtureModel({ flows: FLOWS });
const CONNECTIONS = rowsOf(joinFlows(listRows(FLOWS), MODEL));

/** Keys of the connections that an expression lets through; a bad one fails the test. */
function connections(text: string): string {
  const filter = compileFilter(text, CONNECTION_VOCABULARY);
  assert.ok(filter.ok, filter.ok ? '' : filter.problem);
  return CONNECTIONS.filter(filter.matches)
    .map(({ flow }) => flow.key)
    .join(' ');
}

function pids(text: string): readonly (number | undefined)[] {
  const filter = compileFilter(text, OWNER_VOCABULARY);
  assert.ok(filter.ok, filter.ok ? '' : filter.problem);
  return OWNERS.filter(filter.matches).map(({ pid }) => pid);
}

function problem(text: string): string {
  const filter = compileFilter(text, CONNECTION_VOCABULARY);
  assert.ok(!filter.ok, text);
  return filter.problem;
}

describe('a filter expression', () => {
  test('asks fields by name; a port is either end, a name is any name that a process has', () => {
    assert.equal(connections('port:443'), '1.1 2.1 3.1 8.1');
    assert.equal(connections('port:51344'), '1.1');
    assert.equal(connections('rport:53 proto:udp'), '6.2');
    assert.equal(connections('user:www-data'), '1.1 2.1 3.1');
    assert.equal(connections('name:~nginx'), '1.1 2.1 3.1');
    assert.equal(connections('pid:9201'), '5.1');
    assert.deepEqual(pids('name:redis-server'), [9310]);
    assert.deepEqual(pids('dev:wg0'), [9127, 3311]);
    assert.deepEqual(pids('PID:812,1204'), [1204, 812]);
  });

  test('compares numbers with their units: bytes, bits, powers of 1000 and of 1024, ages', () => {
    assert.equal(connections('tx>4M'), '1.1 4.4');
    assert.equal(connections('tx>=4M'), '1.1 2.1 4.4');
    assert.equal(connections('tx>=32Mbit and tx<70Mbit'), '2.1');
    assert.equal(connections('sent>1Ti'), '4.4');
    assert.equal(connections('sent>1.3T'), '');
    assert.equal(connections('age>5m'), '4.4');
    const short = flowRow('9.1', 31, '198.51.100.9', 1, [0, 0, 1, 1], {
      ended: true,
      firstMs: NOW_MS - 40_000,
      lastMs: NOW_MS - 39_990,
    });
    const [ended] = rowsOf(joinFlows(listRows([short]), MODEL));
    assert.equal(ended?.ageMs, 10, 'a connection is as old as it was at its end');
    assert.equal(connections('port:8000-8999,53'), '6.2 8.1');
    assert.equal(connections('port!=443 proto:tcp'), '4.4 5.1');
  });

  test('knows prefixes of both families, and that they never hold each other', () => {
    assert.equal(connections('remote:10.0.0.0/8'), '4.4 5.1');
    assert.equal(connections('remote:2001:db8::/32'), '2.1');
    assert.equal(connections('host:10.0.0.7'), '8.1');
    assert.equal(connections('remote:0.0.0.0/0 not remote:10.0.0.0/8 proto:tcp'), '1.1 3.1 8.1');
    assert.equal(connections('remote:~^2001'), '2.1');
  });

  test('is joined by and (which may be left out), or, not and brackets', () => {
    assert.equal(connections('proto:udp or proto:icmp'), '6.2 7.1');
    assert.equal(connections('port:443 and not (state:closed or rx>400k)'), '2.1 8.1');
    assert.equal(connections('pid:9127 state:established OR pid:9201'), '1.1 2.1 5.1');
    assert.equal(connections('not not proto:udp'), '6.2');
  });

  test('words without a name are text, all of them anywhere in a row; so is what is quoted', () => {
    assert.equal(connections('NGINX 203.0'), '1.1');
    assert.equal(connections('"nginx: worker" 443'), '1.1 2.1 3.1');
    assert.equal(connections('10.0.0.9:51022'), '4.4');
    assert.equal(connections('nginx: worker'), '1.1 2.1 3.1');
    assert.deepEqual(pids('closed-port'), [undefined]);
    assert.equal(connections('  '), FLOWS.map(({ key }) => key).join(' '));
  });

  test('asks processes for their age, which what is none has not', () => {
    const rows = OWNERS.map((row) => (row.pid === 9310 ? { ...row, ageMs: 240_000 } : row));
    const matching = (text: string) => {
      const filter = compileFilter(text, OWNER_VOCABULARY);
      assert.ok(filter.ok, text);
      return rows.filter(filter.matches).map(({ pid }) => pid);
    };
    assert.deepEqual(matching('age<5m'), [9310]);
    assert.deepEqual(matching('age>5m name:redis-server'), []);
    assert.ok(matching('age>5m').includes(9127));
    assert.ok(!matching('age>0').includes(undefined));
  });

  test('asks sockets for the user that they are of', () => {
    const users: Readonly<Record<string, string>> = { persist: 'redis', ssh: 'root' };
    const rows = QUEUES.rows.map((row) => ({ ...row, user: users[row.socket.key] }));
    const keys = (text: string) => {
      const filter = compileFilter(text, QUEUE_VOCABULARY);
      assert.ok(filter.ok, text);
      return rows.filter(filter.matches).map(({ socket }) => socket.key);
    };
    assert.deepEqual(keys('user:redis'), ['persist']);
    assert.deepEqual(keys('user:~^r kind:accept'), ['ssh']);
  });

  test('asks queues by the words that their columns have', () => {
    const keys = (text: string) => {
      const filter = compileFilter(text, QUEUE_VOCABULARY);
      assert.ok(filter.ok, filter.ok ? '' : filter.problem);
      return QUEUES.rows.filter(filter.matches).map(({ socket }) => socket.key);
    };
    const listeners = ['full', 'ssh', 'unix'];
    assert.deepEqual(keys('kind:backlog').sort(), listeners);
    assert.deepEqual(keys('kind:accept').sort(), listeners);
    assert.deepEqual(keys('queue:Recv-Q'), ['unread']);
    assert.deepEqual(keys('kind:send-q'), keys('kind:send'));
    assert.deepEqual(keys('kind!=backlog kind!=send'), ['unread']);
    assert.deepEqual(keys('trend:steady').sort(), ['bulk', 'full', 'persist', 'unread']);
    assert.deepEqual(keys('trend!=steady').sort(), ['dead', 'ssh', 'unix']);
    assert.deepEqual(keys('steady kind:accept'), ['full']);
  });

  test('refuses ports and prefixes that there are not, in every table', () => {
    assert.equal(problem('port:99999'), 'port: ports end at 65535, so "99999" is none');
    assert.equal(problem('rport:80,65000-65536'), 'rport: ports end at 65535, so "65000-65536" is none');
    assert.equal(problem('localPort>70000'), 'localPort: ports end at 65535, so "70000" is none');
    assert.equal(problem('port:9000-80'), 'port: "9000-80" ends before it begins');
    assert.equal(
      problem('remote:10.0.0.0/99'),
      'remote: "10.0.0.0/99" is no prefix: behind the / stands a number up to 32',
    );
    assert.match(problem('host:2001:db8::/129'), /number up to 128$/);
    assert.match(problem('local:10.0.0.0/8x'), /is no prefix/);
    assert.equal(problem('remote:10.0.0.300'), 'remote: "10.0.0.300" is no address');
    assert.equal(connections('port:0-65535 remote:10.0.0.0/8,fe80::/10'), '4.4 5.1');
    for (const bad of ['port:99999', 'lport:99999', 'remote:10.0.0.0/99', 'host:10.0.0.0/99']) {
      assert.ok(!compileFilter(bad, QUEUE_VOCABULARY).ok, bad);
      assert.ok(!compileFilter(bad, OWNER_VOCABULARY).ok, bad);
    }
    assert.ok(compileFilter('local:/run/redis.sock,@/tmp/x/1 remote:a.example', QUEUE_VOCABULARY).ok);
  });

  test('that is wrong is told in one sentence which names what is wrong', () => {
    assert.match(problem('prot:udp'), /^nothing here is called "prot"; there are .*proto/);
    assert.match(problem('port:http'), /^port: "http" is no number$/);
    assert.match(problem('rx>fast'), /such as 500k or 8Mbit$/);
    assert.match(problem('state:listening'), /one of .*established.*, not "listening"$/);
    assert.match(problem('name:~['), /^name: "\[" is not a regular expression$/);
    assert.match(problem('name>5'), /^name: a text is not compared by >$/);
    assert.equal(problem('rx>'), 'rx> needs a value behind it');
    assert.equal(problem('or a'), '"or" needs a term before it; in quotes it is text');
    assert.equal(problem('a and'), '"and" needs a term behind it; in quotes it is text');
    assert.equal(problem('not'), '"not" needs a term behind it; in quotes it is text');
    assert.equal(problem('(a'), 'a ( has no )');
    assert.equal(problem('a )'), 'there is a ) without its (');
    assert.equal(problem('()'), 'a ( has nothing in it');
    assert.equal(problem('"a'), 'a " has no end');
  });

  test('whatever is typed is a test or a sentence, never an exception', () => {
    const random = seededRandom(5);
    const pieces = [
      '(',
      ')',
      '"',
      ' ',
      'and',
      ' or ',
      'not ',
      'port',
      ':',
      '>',
      '=',
      '!=',
      '~',
      '1.2.3.4',
      '/8',
      '[',
      'é',
      '\\',
    ];
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: random.below(12) }, () => random.pick(pieces)).join('');
      const filter = compileFilter(text, CONNECTION_VOCABULARY);
      if (filter.ok) CONNECTIONS.some(filter.matches);
      else assert.ok(filter.problem.length > 5, text);
    }
    assert.equal(parseFilter('('.repeat(10_000)).ok, false);
    assert.equal(parseFilter(`${'not '.repeat(10_000)}a`).ok, true);
  });
});

describe('a prefix', () => {
  test('holds what has its first bits', () => {
    const holds = (outer: string, inner: string) => {
      const [a, b] = [parseRange(outer), parseRange(inner)];
      assert.ok(a && b, `${outer} ${inner}`);
      return contains(a, b);
    };
    assert.ok(holds('172.16.0.0/12', '172.31.255.255'));
    assert.ok(!holds('172.16.0.0/12', '172.32.0.0'));
    assert.ok(holds('fe80::/10', 'fe80::1%eth0'));
    assert.ok(holds('::ffff:0:0/96', '::ffff:1.2.3.4'));
    assert.ok(!holds('0.0.0.0/0', '::1'));
    assert.ok(!holds('10.0.0.1', '10.0.0.0/8'));
  });

  test('is not read from what is none', () => {
    for (const text of [
      '10.0.0',
      '10.0.0.256',
      '1::2::3',
      '10.0.0.0/33',
      ':',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
      'x',
      '',
    ]) {
      assert.equal(parseRange(text), undefined, text);
    }
    assert.deepEqual(parseRange('::')?.bytes, Array(16).fill(0));
  });
});
