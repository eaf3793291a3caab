// Owns: nettrace netstat against the real netstat and ss on the same odd sockets, devices, routes and counters.
// Knows nothing of: how either reads them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noOddNamespace, type OddNamespace, type Output, openOddNamespace } from './support/netstat/odd-namespace.ts';

/** Option sets whose output must be net-tools' own, byte for byte. */
const SAME = [
  '-an -t -u -U -w',
  '-antp',
  '-antpe',
  '-anto',
  '-lntup',
  '-tn',
  '-ltn',
  '-un',
  '-uano',
  '-wan',
  '-Uan',
  '-4n',
  '-6n',
  '-l4n',
  '-naW6',
  '-ltnv',
  '-xe',
  '-anpW -t -o -e',
  '--numeric-hosts -lt',
  '--numeric-hosts -lue',
  '--numeric-hosts -lw',
  '--numeric-users -lte --numeric-hosts',
  '--protocol=inet -tln',
  '-A inet6 -ltn',
  '--listening --numeric --tcp',
  '-i',
  '-ia',
  '-ie',
  '-iea',
  '-rn',
  '-rne',
  '-rnee',
  '-rn6',
  '-rn46',
  '-rC',
  '-gn',
  '-s',
  '-s6',
  '-st',
  '-su',
  '-sw',
  '-sU',
  '-s6t',
];

/** Wrong words and what this machine has not: net-tools' exit codes. */
const CODES = ['-ri', '-y', '--foo', '-M', '-A foo', '-sx', '-h', '-V', '-Z', '-n --num', '-S', '-6S', '-tnS'];

/** How often the kernel may be caught changing what is compared. */
const LOOKS = 20;

/** Timers run between two readings. */
const still = (text: string) => text.replace(/\((\d+\.\d\d)\//g, '(T/');

/** The first line of ours that netstat has not. */
function firstDifference(ours: string, theirs: string): string | undefined {
  const [a, b] = [ours, theirs].map((text) => still(text).split('\n')) as [string[], string[]];
  if (a.length !== b.length) return `${a.length} lines, netstat has ${b.length}:\n${ours}`;
  const at = a.findIndex((line, index) => line !== b[index]);
  return at < 0 ? undefined : `line ${at + 1} is\n  ${JSON.stringify(a[at])}, netstat has\n  ${JSON.stringify(b[at])}`;
}

interface SocketRecord {
  readonly protocol: string;
  readonly state: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly backlogLimit: number | null;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly owners: readonly { readonly pid: number; readonly program: string }[];
  readonly congestion: string | null;
  readonly tcpInfo: { readonly retransmits: number; readonly congestionWindow: number } | null;
  readonly timer: string;
}

describe('on a namespace full of odd sockets', { skip: noOddNamespace() }, () => {
  let odd: OddNamespace;
  before(async () => {
    odd = await openOddNamespace();
  });
  after(() => odd?.close());

  const records = (words: string): readonly SocketRecord[] => {
    const { out } = odd.nettrace([...words.split(' '), '--json']);
    return (JSON.parse(out) as { readonly rows: readonly SocketRecord[] }).rows;
  };

  test('every TCP state is there to be compared', () => {
    const states = new Set(records('-ant').map(({ state }) => state));
    const wanted = 'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE_WAIT LAST_ACK LISTEN CLOSING';
    assert.deepEqual(
      [...wanted.split(' ')].filter((state) => !states.has(state)),
      [],
    );
  });

  /** Ours stands between two of theirs. What has moved on between those says nothing of ours, and is looked at again. */
  const compareStill = (
    all: readonly string[],
    commands: { readonly theirs: readonly string[]; readonly ours: readonly string[] },
    compare: (words: string, ours: Output, theirs: Output) => void,
  ) => {
    let moving = all;
    for (let looks = 0; moving.length > 0; looks++) {
      assert.ok(looks < LOOKS, `never the same twice in ${commands.theirs[0]} itself: ${moving.join(', ')}`);
      const outputs = odd.runMany(
        moving
          .map((words) => words.split(' '))
          .flatMap((words) => [
            [...commands.theirs, ...words],
            [...commands.ours, ...words],
            [...commands.theirs, ...words],
          ]),
      );
      moving = moving.filter((words, at) => {
        const [first, ours, last] = outputs.slice(at * 3, at * 3 + 3) as [Output, Output, Output];
        if (still(first.out) !== still(last.out)) return true;
        compare(words, ours, first);
        return false;
      });
    }
  };

  test('with --compat every table is what netstat prints', () => {
    const commands = { theirs: ['netstat'], ours: ['nettrace', 'netstat', '--compat'] };
    compareStill(SAME, commands, (words, ours, theirs) => {
      const difference = firstDifference(ours.out, theirs.out);
      assert.equal(difference, undefined, `${words}: ${difference}`);
      assert.equal(ours.code, theirs.code, words);
      assert.equal(ours.err, '', words);
    });
  });

  test("wrong words, and what this machine has not, end with netstat's exit codes", () => {
    const lists = CODES.map((words) => words.split(' '));
    const ours = odd.nettraceMany(lists).map(({ code }, at) => `${CODES[at]}: ${code}`);
    assert.deepEqual(
      ours,
      lists.map((words) => `${words.join(' ')}: ${odd.run('netstat', words).code}`),
    );
  });

  test('unix paths differ from netstat only where it would write to the terminal', () => {
    const theirs = odd.run('netstat', ['-axn']).out.split('\n');
    const ours = odd.nettrace(['--compat', '-axn']).out.split('\n');
    assert.equal(ours.length, theirs.length);
    const differing = theirs.flatMap((line, at) => (line === ours[at] ? [] : [at]));
    assert.deepEqual(
      differing.map((at) => ours[at]?.slice(59)),
      ['esc\\x1b[31mred\\x1b]0;pwned\\x07'],
    );
  });

  test('by default no address is cut, and a zone is told', () => {
    const { out } = odd.nettrace(['-an']);
    assert.match(out, /\[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1\]:44321 /);
    assert.match(out, /\[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1\]:123 /);
    assert.match(out, /\[fe80::1%d0\]:9000 /);
    assert.match(out, / blank in name\n/);
    const sockets = out.split('\n').filter((line) => line.startsWith('tcp'));
    assert.equal(new Set(sockets.map((line) => line.search(/ [A-Z_\d]+ *$/))).size, 1, 'columns line up');
  });

  test('-p names every owner of a shared socket, and nothing in a name reaches the terminal', () => {
    const { out } = odd.nettrace(['-ltnp']);
    assert.match(out, new RegExp(`${odd.pid}/python3,${odd.sharer}/X\\\\x1b\\]0;pwned\\\\x07`));
    const lists = ['-anp', '-anp --json', '-anp --csv', '-anp --details', '-xap --compat', '-anp --style=bsd'];
    for (const output of odd.nettraceMany(lists.map((words) => words.split(' ')))) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      assert.doesNotMatch(output.out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });

  test('a blackhole route refuses, and a multipath route shows all of its ways', () => {
    const { out } = odd.nettrace(['-rn']);
    assert.match(out, /^172\.31\.0\.0 +- +255\.255\.0\.0 +! +- - +- -$/m);
    assert.deepEqual(
      out.match(/^10\.9\.0\.0 +\S+/gm)?.map((line) => line.split(/ +/)[1]),
      ['10.0.0.252', '10.0.0.253'],
    );
  });

  test('queues and limits of listeners are those of ss', () => {
    const theirs = odd
      .run('ss', ['-ltnH'])
      .out.trim()
      .split('\n')
      .map((line) => {
        const [, receive, limit, local = ''] = line.split(/\s+/);
        return `${local.slice(local.lastIndexOf(':') + 1)} ${receive}/${limit}`;
      });
    const ours = records('-ltn').map((row) => `${row.localPort} ${row.receiveQueue}/${row.backlogLimit}`);
    assert.deepEqual(ours.sort(), theirs.sort());
  });

  test('filters choose the sockets that ss chooses', () => {
    const filters = [
      'state established',
      'state established dport = :8080',
      'exclude listening',
      'state connected not ( sport = :8080 or dport = :8080 )',
      'src 127.0.0.0/8',
      'dst 10.0.0.1 and sport > :8000',
      'state listening sport != :6379',
      'src 2001:db8::/32',
      'dev d0',
      'sport >= :1024 dport <= :9000',
    ];
    const commands = { theirs: ['ss', '-tanH'], ours: ['nettrace', 'netstat', '-tan', '--json'] };
    compareStill(filters, commands, (filter, ours, theirs) => {
      const expected = theirs.out
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const ports = [...line.matchAll(/:(\d+|\*)(?=\s|$)/g)].map(([, port = '']) => (port === '*' ? '0' : port));
          return ports.join(' ');
        });
      const { rows } = JSON.parse(ours.out) as { readonly rows: readonly SocketRecord[] };
      const found = rows.map((row) => `${row.localPort} ${row.remotePort}`);
      assert.deepEqual(found.sort(), expected.sort(), filter);
    });
  });

  test('round trips, retransmissions and congestion control are those of ss', () => {
    const blocks = odd.run('ss', ['-tinHO', 'state', 'fin-wait-1']).out.split('\n').filter(Boolean);
    const [ours] = records('-tn state fin-wait-1');
    const line = blocks[0] ?? '';
    assert.equal(blocks.length, 1);
    assert.match(line, new RegExp(`\\b${ours?.congestion}\\b`));
    assert.match(line, new RegExp(` cwnd:${ours?.tcpInfo?.congestionWindow}\\b`));
    assert.ok((ours?.tcpInfo?.retransmits ?? 0) > 0);
    assert.equal(ours?.timer, 'on');
  });

  test('a filter that cannot be read is one sentence and exit code 3', () => {
    for (const [words, sentence] of [
      ['bogus = 3', 'the filter does not know "bogus": a condition begins with'],
      ['state foo', '"foo" is no state: it is one of'],
      ['( sport = :80', 'the filter ends where ")" is expected'],
      ['dport = :99999', '"99999" is no port'],
    ] as const) {
      const { code, out, err } = odd.nettrace(['-tn', ...words.split(' ')]);
      assert.equal(code, 3);
      assert.equal(out, '');
      assert.ok(err.startsWith(`nettrace: ${sentence}`), err);
      assert.equal(err.trim().split('\n').length, 1);
    }
  });
});
