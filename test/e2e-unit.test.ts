// Tests: contrib/nettrace.service: how exposed it is, and that the whole job can be done under what it takes away.
import { equal, match } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultEngines, has, NETTRACE, ROOT } from './e2e/places.ts';
import { askWithin, childOf, type Listener, listenTo } from './support/serve-run.ts';

const UNIT = join(ROOT, 'contrib/nettrace.service');
const CONTAINERS = join(ROOT, 'contrib/nettrace-containers.conf');
const CAGE = fileURLToPath(new URL('../../../test/support/unit_cage.py', import.meta.url));
const NUMBERS = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h';
const noAnalyze = has('systemd-analyze') ? false : 'needs the program systemd-analyze';

function noCage(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to give up what the unit takes away';
  if (process.arch !== 'x64' || !existsSync(NUMBERS)) return 'knows the system calls of x86-64 alone, from its headers';
  if (!has('python3') || !existsSync(NETTRACE)) return 'needs python3 and a build';
  return noAnalyze;
}

/** A connection whose receiver does not read, in a network namespace of its own. */
const PILE_UP = `
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
s = socket.socket(); s.bind(("127.0.0.1", 7777)); s.listen(1)
c = socket.create_connection(("127.0.0.1", 7777)); a, _ = s.accept(); c.setblocking(False)
try:
    while True: c.send(b"x" * 65536)
except BlockingIOError: print("piled", flush=True)
sys.stdin.read()`;

test('the unit is exposed by 2.5 or less, as systemd-analyze counts it', { skip: noAnalyze }, () => {
  const { status, stdout } = spawnSync(
    'systemd-analyze',
    ['--no-pager', 'security', '--offline=true', '--threshold=25', UNIT],
    { encoding: 'utf8' },
  );
  equal(status, 0, stdout.split('\n').at(-2));
});

describe('a service with the rights of the unit', { skip: noCage(), timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nettrace-unit-'));
  let service: Listener;
  const start = async (units: string) => {
    const state = join(folder, 'state');
    const words = [process.execPath, NETTRACE, 'serve', '--listen', `unix:${state}/http.sock`, '-d', '0.3', 'lo'];
    service = listenTo(spawn('python3', [CAGE, state, units, ...words]));
    await service.heard(/serving/);
  };
  const get = async (path: string, signal: AbortSignal) => {
    const token = readFileSync(join(folder, 'state/token'), 'latin1').trim();
    return (await askWithin(join(folder, 'state/http.sock'), `/api/v1/${path}`, token, signal)).text;
  };
  const stop = async () => {
    service.child.kill('SIGTERM');
    equal(await service.ended, 0, service.said());
  };
  before(() => {
    chmodSync(folder, 0o755);
    // As ConfigurationDirectory= has it, and a file that only root may read.
    mkdirSync(join(folder, 'config'));
    const budget = '[[budget]]\nname = "of-the-unit"\nby = "user"\nmatch = "root"\nper = "day"\nbytes = "1 TB"\n';
    writeFileSync(join(folder, 'config/config.toml'), budget, { mode: 0o600 });
  });
  afterEach(() => service.child.kill('SIGKILL'));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('it starts, counts by socket where this kernel can, names processes of root, writes its history', async ({
    signal,
  }) => {
    const engine = defaultEngines()[0] === 'bpf' ? 'bpf' : 'sock-diag';
    await start(UNIT);
    const status = readFileSync(`/proc/${service.child.pid}/status`, 'latin1');
    match(status, /^Uid:\t61999\t/m);
    match(status, /^CapEff:\t000000c000083004$/m);
    // The collector has them, and hands them on to the reports that it runs; the front has none of any kind.
    const child = (role: 'front' | 'collector') => `/proc/${childOf(service.child.pid ?? 0, role)}/task`;
    const [own = ''] = readdirSync(child('collector'));
    match(readFileSync(`${child('collector')}/${own}/status`, 'latin1'), /^CapAmb:\t000000c000083004$/m);
    for (const thread of readdirSync(child('front'))) {
      const rights = readFileSync(`${child('front')}/${thread}/status`, 'latin1');
      equal(rights.match(/^Cap(Inh|Prm|Eff|Amb):\t0{16}$/gm)?.length, 4, rights);
    }
    const socket = createSocket('udp4');
    let mine: { readonly sentTotal: number } | undefined;
    while (mine === undefined || mine.sentTotal < 100_000) {
      await new Promise((resolve) => socket.send(Buffer.alloc(10_000), 9, '127.0.0.1', resolve));
      const line = JSON.parse(await get('snapshot', signal)) as {
        readonly ownership: string;
        readonly processes?: readonly { readonly pid: number; readonly sentTotal: number }[];
      };
      if (line.processes === undefined) continue;
      equal(line.ownership, engine);
      mine = line.processes.find(({ pid }) => pid === process.pid);
    }
    socket.close();
    match(await get('budgets', signal), /"name":"of-the-unit"/);
    match(await get('history?since=1m%20ago', signal), /^\{"since/);
    await stop();
    equal(service.said().trim().split('\n').length, 1, service.said());
  });

  test('with the settings for containers it sees what piles up in another network namespace', async ({ signal }) => {
    const box = listenTo(spawn('unshare', ['-n', 'python3', '-c', PILE_UP]));
    await box.heard(/piled/);
    await start(`${UNIT},${CONTAINERS}`);
    for (let seen = false; !seen; ) seen = (await get('queues', signal)).includes('"remotePort":7777');
    box.child.kill('SIGKILL');
    await stop();
  });
});
