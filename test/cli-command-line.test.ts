// Owns: the words of the command line: nethogs' options, long options, and each mistake as one sentence.
// Knows nothing of: what a run does.
import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { type Option, RUN_OPTIONS, SETTINGS } from '../src/app/config/option-table.ts';
import { UserError } from '../src/app/user-error.ts';
import { parseCommandLine } from '../src/cli/command-line.ts';

function parse(...args: string[]) {
  const line = parseCommandLine(args, '1.2.3');
  if (line.kind !== 'run') throw new Error(line.kind === 'text' ? line.text : line.kind);
  return line;
}

function textOf(...args: string[]): string {
  const line = parseCommandLine(args, '1.2.3');
  return line.kind === 'text' ? line.text : '';
}

test("all of nethogs' options in one call mean what they mean there", () => {
  const { settings, request } = parse(
    ...'-xtpsaClb -d 5 -v 2 -c 3 -g 7 -P 1 -P 22'.split(' '),
    '-f',
    'port 80',
    'eth0',
    'eth1',
  );
  deepEqual(settings, {
    devices: ['eth0', 'eth1'],
    all: true,
    filter: 'port 80',
    'tcp-only': false,
    promiscuous: true,
    delay: 5,
    'view-mode': '2',
    'sort-sent': true,
    'command-line': true,
    basename: true,
    'exited-refreshes': 7,
  });
  deepEqual([request.mode, request.bughunt, request.count, request.pids], ['trace', true, 3, [1, 22]]);
});

test('without words nothing is set, so that a configuration file can say everything', () => {
  deepEqual(parse().settings, {});
  equal(parse().request.mode, 'auto');
});

test('a switch of the configuration file can be taken back', () => {
  deepEqual(parse('--no-all', '--no-ascii', '-C').settings, { all: false, ascii: false, 'tcp-only': false });
});

test('every option of the table is an option of the program, and is in --help unless it is hidden', () => {
  const help = textOf('--help');
  for (const [name, option] of Object.entries<Option>({ ...SETTINGS, ...RUN_OPTIONS })) {
    if (name !== 'devices') equal(new RegExp(`--${name}\\b`).test(help), option.hidden !== true, name);
  }
  equal(parse('--capture', 'pcap').settings.capture, 'pcap');
  for (const line of help.split('\n')) equal(line.length <= 100, true, line);
});

test('-V and -h are text for standard output', () => {
  equal(textOf('-V'), 'nettrace version 1.2.3\n');
  match(textOf('-h'), /^Usage: nettrace \[options\] \[device\.\.\.\]\n/);
});

const MISTAKES: readonly (readonly [words: string, sentence: RegExp])[] = [
  ['--jsn', /^unknown option '--jsn' \(did you mean --json\?\); see "nettrace --help"$/],
  ['-Z', /^unknown option '-Z'; see "nettrace --help"$/],
  ['-d', /^option '-d, --delay <SECONDS>' argument missing; see/],
  ['-d soon', /^-d or --delay must be a number of seconds from 0 to 86400, not "soon"; see/],
  ['-c -1', /^-c or --count must be a whole number from 0 on, not "-1"; see/],
  ['-v 6', /^-v or --view-mode must be auto, 0, 1, 2, 3, 4 or 5, not "6"; see/],
  ['-P 0', /^-P or --pid must be a whole number from 1 to 4194304, not "0"; see/],
  ['-g 1.5', /^-g or --exited-refreshes must be a whole number from 0 to 1000000, not "1.5"; see/],
  ['--snaplen 1', /^--snaplen must be a whole number from 96 to 65535, not "1"; see/],
  ['--units kilo', /^--units must be si, binary, bits or binary-bits, not "kilo"; see/],
  ['--units \u001b[2J', /^--units must be si, binary, bits or binary-bits, not "\\x1b\[2J"; see/],
  ['--engine nethogs', /^--engine must be auto, bpf or classic, not "nethogs"; see/],
  ['--json -t', /^--json and -t exclude each other/],
  ['--json -x', /^--json and -t exclude each other/],
  ['--once -c 2', /^--once and -c exclude each other/],
  ['--read a.pcap eth0', /^--read and devices exclude each other: leave out eth0$/],
  ['--read a.pcap -c 2', /^--read and -c exclude each other/],
];

for (const [words, sentence] of MISTAKES) {
  test(`"${JSON.stringify(words)}" is one sentence`, () => {
    throws(
      () => parse(...words.split(' ')),
      (error) => error instanceof UserError && error.kind === 'start' && sentence.test(error.message),
    );
  });
}
