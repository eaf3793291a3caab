// Owns: nettrace without any right, really run so: the TCP of its own user is counted and named, that of others is not.
// Knows nothing of: how TCP's counts are read and become records (native/engine/stream_*_test.cc).
import { equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { bytesOf, claims, near } from './e2e/check.ts';
import { NETTRACE, noWorld } from './e2e/places.ts';
import { createStage, type Report } from './e2e/scenario.ts';
import { watch } from './e2e/watch.ts';
import { type Site, withWorld } from './e2e/world.ts';

const NOBODY = 65_534;
const SOMEBODY = 65_533;
const MB = 1_000_000;

/** The same site, entered by a user without rights. */
function as(uid: number, site: Site): Site {
  const words = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
  return { ...site, start: (command, args, limitMs) => site.start('setpriv', [...words, command, ...args], limitMs) };
}

function cannotRun(): string | false {
  const noNetwork = noWorld();
  if (noNetwork !== false) return noNetwork;
  const look = spawnSync(process.execPath, ['-e', `fs.readFileSync(${JSON.stringify(NETTRACE)})`], {
    ...{ uid: NOBODY, gid: NOBODY, stdio: 'ignore' },
  });
  return look.status === 0 ? false : 'other users cannot read this folder';
}

const wireOf = (reports: readonly Report[]) =>
  reports.reduce((all, { wireSent, wireReceived }) => all + wireSent + wireReceived, 0);

test('without rights the own TCP is within 1 % of the wire, and that of others is counted without a name', {
  skip: cannotRun(),
  timeout: 60_000,
}, async () => {
  const faults = await withWorld(async ({ host, peer, ...world }) => {
    const stage = createStage({ host, peer, ...world }, 1);
    const to = (family: 4 | 6) => [peer.address(family), stage.freshPort()] as const;
    const [first, second] = [to(4), to(6)];
    const far = [await stage.serve(peer, 'serve', ...first), await stage.serve(peer, 'serve', ...second)];
    const nettrace = watch(as(NOBODY, host), ['-d', '0.5', '--connections', host.device]);
    await nettrace.ready();
    const words = [`bytes=${10 * MB}`, `rate=${5 * MB}`];
    const mine = stage.traffic(as(NOBODY, host), 'connect', ...first, ...words);
    const others = stage.traffic(as(SOMEBODY, host), 'connect', ...second, ...words);
    const [own, foreign] = [await mine.finish(), await others.finish()];
    const { rows, last, openBooks } = await nettrace.stop();
    for (const server of far) await server.finish();
    equal(last.ownership, 'sock-diag');
    const { faults, claim } = claims();
    const [real, seen] = [wireOf(own), bytesOf(rows, mine.pid)];
    claim(real > 10 * MB && near(seen, real, 0.01), `the own process has ${seen} bytes, moved ${real}`);
    claim(rows.find(({ pid }) => pid === mine.pid)?.state === 'exited', 'its end has not been noticed');
    claim(bytesOf(rows, others.pid) === 0, 'a process whose descriptors may not be read has a name');
    const hidden = last.processes.filter(({ kind }) => kind === 'unattributed');
    const unnamed = hidden.reduce((all, row) => all + row.sentTotal + row.receivedTotal, 0);
    const unnamedReal = wireOf(foreign);
    claim(near(unnamed, unnamedReal, 0.01), `without a name are ${unnamed} bytes, others moved ${unnamedReal}`);
    claim(openBooks === 0, `in ${openBooks} refreshes the rows do not add up to the interfaces`);
    claim((last.covered ?? 0) > 0.99, `the ledger has ${last.covered} of the interface's own counters`);
    return faults;
  });
  equal(faults.join('\n'), '');
});

test('a connection that was there before counts from the start of nettrace, and UDP is counted for nobody', {
  skip: cannotRun(),
  timeout: 60_000,
}, async () => {
  await withWorld(async ({ host, peer, ...world }) => {
    const stage = createStage({ host, peer, ...world }, 1);
    const tcp = [peer.address(4), stage.freshPort()] as const;
    const udp = [peer.address(4), stage.freshPort()] as const;
    const far = [await stage.serve(peer, 'serve', ...tcp), await stage.serve(peer, 'udp-receive', ...udp)];
    const nobody = as(NOBODY, host);
    const before = await host.counters();
    const old = stage.traffic(nobody, 'connect', ...tcp, `bytes=${12 * MB}`, `rate=${4 * MB}`);
    await waitFor(async () => (await host.counters()).sentBytes - before.sentBytes > 2 * MB);
    const nettrace = watch(nobody, ['-d', '0.5', host.device]);
    await nettrace.ready();
    const sender = stage.traffic(nobody, 'udp-send', ...udp, 'size=1000', 'rate=0', 'packets=10000');
    const [streams, datagrams] = [await old.finish(), await sender.finish()];
    const { rows, last } = await nettrace.stop();
    for (const server of far) await server.finish();
    const seen = bytesOf(rows, old.pid);
    ok(seen > 0 && seen < wireOf(streams) - 2 * MB, `${seen} of ${wireOf(streams)} bytes are from the run's time`);
    equal(bytesOf(rows, sender.pid), 0);
    // They are in the interface's own counters, and nowhere else.
    const open = last.interfaces[0]?.ledger.cut?.residual;
    const residual = (open?.sentBytes ?? 0) + (open?.receivedBytes ?? 0);
    ok(near(residual, wireOf(datagrams), 0.03), `the residual is ${residual}, the datagrams were ${wireOf(datagrams)}`);
  });
});

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
