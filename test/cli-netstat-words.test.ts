// Owns: tests of the words of `nettrace netstat`: bundles, long names, what is refused and how.
// Knows nothing of: tables.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetstatWords } from '../src/cli/netstat-words.ts';
import { type NetstatOptions, scopeOf } from '../src/netstat/options.ts';

const read = (line: string) => parseNetstatWords(line.split(' ').filter(Boolean), async () => ({ error: 'no filter' }));

async function options(line: string): Promise<NetstatOptions> {
  const words = await read(line);
  assert.equal(words.kind, 'options', JSON.stringify(words));
  return (words as { readonly options: NetstatOptions }).options;
}

async function chosen(line: string): Promise<string> {
  const { protocols, v4, v6 } = scopeOf(await options(line));
  const names = Object.entries(protocols).flatMap(([name, on]) => (on ? [name] : []));
  return `${names.join(',')} ${v4 ? '4' : ''}${v6 ? '6' : ''}`;
}

test('bundles mean what their letters mean, and -e counts', async () => {
  const { listening, numericHosts, numericPorts, numericUsers, protocols, programs } = await options('-lntup');
  assert.deepEqual([listening, numericHosts, numericPorts, numericUsers, programs], Array(5).fill(true));
  assert.deepEqual([protocols.tcp, protocols.udp, protocols.raw], [true, true, false]);
  assert.equal((await options('-rnee')).extend, 2);
  assert.equal((await options('-e --extend -e')).extend, 3);
});

test('no choice is every socket, a family no unix socket, a protocol both families', async () => {
  assert.equal(await chosen(''), 'tcp,udp,udplite,sctp,raw,unix 46');
  assert.equal(await chosen('-4'), 'tcp,udp,udplite,sctp,raw 4');
  assert.equal(await chosen('-A inet6'), 'tcp,udp,udplite,sctp,raw 6');
  assert.equal(await chosen('-t'), 'tcp 46');
  assert.equal(await chosen('-tx'), 'tcp,unix 46');
  assert.equal(await chosen('--protocol=unix'), 'unix 46');
});

test('long names may be shortened as far as they stay clear', async () => {
  assert.equal((await options('--list')).listening, true);
  assert.equal((await options('--numeric-h')).numericHosts, true);
  assert.equal((await options('--numeric')).numericPorts, true);
  const words = await read('--num');
  assert.equal(words.kind, 'usage');
});

test('words behind the options of other tables are ignored with --compat, as net-tools does', async () => {
  const { mode, filter } = await options('-i --compat eth0');
  assert.deepEqual([mode, filter], ['interfaces', undefined]);
});

test('what is refused is one sentence, as a usage fault or as something that is not there', async () => {
  const refusals: readonly (readonly [string, 'usage' | 'unsupported', RegExp])[] = [
    ['-ri', 'usage', /^-r, -i, -s, -g and -M are different tables: choose one$/],
    ['-ty', 'usage', /^there is no option -y$/],
    ['--nope', 'usage', /^there is no option --nope$/],
    ['--all=1', 'usage', /^--all takes no value$/],
    ['-A', 'usage', /^-A needs a value$/],
    ['--style=sun', 'usage', /^--style is linux or bsd, not "sun"$/],
    ['--json --csv', 'usage', /^--json and --csv exclude each other/],
    ['--resolve-time=1e9', 'usage', /^--resolve-time is a number of milliseconds/],
    [
      '-i sport = 1',
      'usage',
      /^only sockets can be filtered: leave out "sport = 1" \(--compat ignores it, as net-tools does\)$/,
    ],
    ['-t sport = 1', 'usage', /^no filter$/],
    ['-M', 'unsupported', /ip_masquerade/],
    ['-A foo', 'unsupported', /^Unknown address family `foo'$/],
    ['--ipx', 'unsupported', /^no support for `ipx' on this system$/],
    ['-sx', 'unsupported', /^there are no statistics of unix sockets$/],
  ];
  for (const [line, kind, sentence] of refusals) {
    const words = await read(line);
    assert.equal(words.kind, kind, line);
    assert.match('sentence' in words ? words.sentence : '', sentence);
  }
});
