// Owns: a namespace full of odd sockets for a test: started, entered by other programs, gone at its end.
// Knows nothing of: what is looked at in it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../../e2e/program.ts';
import { REPOSITORY } from '../decode-corpus.ts';

const SCRIPT = join(REPOSITORY, 'test/support/netstat/odd-sockets.sh');
const MAIN = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const MANY = fileURLToPath(new URL('./run-many.js', import.meta.url));
/** A hang, and not a machine that is busy. */
const LIMIT_MS = 120_000;

export interface Output {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface OddNamespace {
  /** Holds nearly all of the sockets. */
  readonly pid: number;
  /** Shares the listener of port 4444, under a hostile name. */
  readonly sharer: number;
  /** A program with its words, inside. */
  run(command: string, words: readonly string[]): Output;
  nettrace(words: readonly string[]): Output;
  /** The same for many lists of words, in one process. */
  nettraceMany(lists: readonly (readonly string[])[]): readonly Output[];
  /** One right after the other, each list with its program first. */
  runMany(lists: readonly (readonly string[])[]): readonly Output[];
  close(): Promise<void>;
}

/** Why there can be none here; false where there can. */
export function noOddNamespace(): string | false {
  if (process.geteuid?.() !== 0) return 'it needs root, for network namespaces';
  for (const [program, package_] of [
    ['netstat', 'net-tools'],
    ['ss', 'iproute2'],
    ['unshare', 'util-linux'],
  ] as const) {
    if (spawnSync(program, ['--version']).error !== undefined) return `${package_} is not installed`;
  }
  if (!existsSync('/usr/bin/python3')) return 'python3 is not installed';
  const veth = 'ip link add try0 type veth peer name try1';
  return spawnSync('unshare', ['-n', 'sh', '-c', veth]).status === 0 ? false : 'there are no veth pairs here';
}

export async function openOddNamespace(): Promise<OddNamespace> {
  const program = start('sh', [SCRIPT]);
  const ready = await program.line((line) => line.startsWith('ready '), 'the odd sockets', LIMIT_MS);
  const [, pid = '', sharer = ''] = ready.split(' ');
  const run = (command: string, words: readonly string[], input = ''): Output => {
    const { status, stdout, stderr } = spawnSync('nsenter', ['-t', pid, '-n', command, ...words], {
      encoding: 'utf8',
      input,
      maxBuffer: 64 * 1024 * 1024,
      timeout: LIMIT_MS,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    return { code: status, out: stdout, err: stderr };
  };
  const runMany = (lists: readonly (readonly string[])[]) =>
    JSON.parse(run(process.execPath, [MANY], JSON.stringify(lists)).out) as Output[];
  return {
    pid: Number(pid),
    sharer: Number(sharer),
    run,
    nettrace: (words) => run(process.execPath, [MAIN, 'netstat', ...words]),
    nettraceMany: (lists) => runMany(lists.map((words) => ['nettrace', 'netstat', ...words])),
    runMany,
    async close() {
      program.endInput();
      await program.ended;
    },
  };
}
