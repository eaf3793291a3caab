// Owns: interfaces that come, go, change their name or get an address while nettrace runs.
// Knows nothing of: attribution beyond "the right process has the bytes".
import { bytesOf, type Check, claims, ms, near } from './check.ts';
import type { Report, Stage } from './scenario.ts';
import { type Refresh, type Watch, watch } from './watch.ts';

const ATTACH_MS = 2000;
const PAIR_PEER = '198.51.100.2';

const captures = (name: string) => (refresh: Refresh) =>
  refresh.interfaces.some((row) => row.name === name && row.state === 'capturing');

/** How long after `change` nettrace says that it captures from `name`; ATTACH_MS and more where it does not. */
async function attachTime(nettrace: Watch, name: string, change: () => Promise<void>): Promise<number> {
  await change();
  const began = performance.now();
  const seen = await nettrace.next(captures(name), `capturing from ${name}`, 3 * ATTACH_MS).catch(() => undefined);
  return seen === undefined ? Number.POSITIVE_INFINITY : seen.at - began;
}

/** Sends a known amount to the other end of a pair made by addPair(). */
async function send(stage: Stage, address = PAIR_PEER): Promise<Report> {
  const { host, peer } = stage.world;
  const port = stage.freshPort();
  const far = await stage.serve(peer, 'udp-receive', '0.0.0.0', port);
  const words = ['size=1000', 'rate=2000', 'packets=1000', 'hold=300'];
  const [report] = await stage.traffic(host, 'udp-send', address, port, ...words).finish();
  await far.finish();
  if (!report) throw new Error('the sender reported nothing');
  return report;
}

const appears: Check = {
  name: 'an interface that appears is attached within 2 s; removed and made again, too',
  async run(stage) {
    const { host } = stage.world;
    const { faults, claim } = claims();
    const nettrace = watch(host, ['-d', '0.1']);
    await nettrace.ready();
    const figures: string[] = [];
    const reports: Report[] = [];
    for (const round of ['new', 'again']) {
      const took = await attachTime(nettrace, 'vc', () => stage.world.addPair('vc', 'vd'));
      claim(took <= ATTACH_MS, `${round}: attached after ${ms(took)}`);
      figures.push(`${round}: attached after ${ms(took)}`);
      reports.push(await send(stage));
      await nettrace.next((refresh) => bytesOf(refresh.processes, reports.at(-1)?.pid ?? 0) > 0, 'bytes of the sender');
      await host.ip('link', 'del', 'dev', 'vc');
      const gone = (refresh: Refresh) => refresh.interfaces.every((row) => row.name !== 'vc' || row.state === 'gone');
      const left = await nettrace.next(gone, 'vc is gone', 3 * ATTACH_MS).catch(() => undefined);
      claim(left !== undefined, `${round}: vc is not shown as gone`);
    }
    const { rows, openBooks } = await nettrace.stop();
    claim(openBooks === 0, `in ${openBooks} refreshes the books do not close`);
    for (const { pid, wireSent } of reports) {
      const seen = bytesOf(rows, pid);
      claim(near(seen, wireSent, 0.001), `process ${pid} has ${seen} bytes, sent ${wireSent}`);
      figures.push(`${seen} of ${wireSent} bytes`);
    }
    return { figures, faults };
  },
};

/** Named on the command line, it is waited for. */
const named: Check = {
  name: 'a device named on the command line that goes and comes back',
  async run(stage) {
    const { host } = stage.world;
    const { faults, claim } = claims();
    await stage.world.addPair('vg', 'vh');
    const nettrace = watch(host, ['-d', '0.1', 'vg']);
    await nettrace.ready();
    await host.ip('link', 'del', 'dev', 'vg');
    await nettrace.next((refresh) => !captures('vg')(refresh), 'vg is gone');
    const took = await attachTime(nettrace, 'vg', () => stage.world.addPair('vg', 'vh'));
    claim(took <= ATTACH_MS, `attached again after ${ms(took)}`);
    const { pid, wireSent } = await send(stage);
    const seen = bytesOf((await nettrace.stop()).rows, pid);
    claim(near(seen, wireSent, 0.001), `process ${pid} has ${seen} bytes, sent ${wireSent}`);
    await host.ip('link', 'del', 'dev', 'vg');
    return { figures: [`attached again after ${ms(took)}, ${seen} of ${wireSent} bytes`], faults };
  },
};

const renamed: Check = {
  name: 'a renamed interface is counted under its new name',
  async run(stage) {
    const { host } = stage.world;
    const { faults, claim } = claims();
    await stage.world.addPair('vi', 'vj');
    const nettrace = watch(host, ['-d', '0.1']);
    await nettrace.next(captures('vi'), 'capturing from vi');
    const first = await send(stage);
    const took = await attachTime(nettrace, 'uplink', async () => {
      await host.ip('link', 'set', 'dev', 'vi', 'down');
      await host.ip('link', 'set', 'dev', 'vi', 'name', 'uplink');
      await host.ip('link', 'set', 'dev', 'uplink', 'up');
    });
    claim(took <= ATTACH_MS, `attached after ${ms(took)}`);
    const second = await send(stage);
    const { rows, last } = await nettrace.stop();
    for (const { pid, wireSent } of [first, second]) {
      const seen = bytesOf(rows, pid);
      claim(near(seen, wireSent, 0.001), `process ${pid} has ${seen} bytes, sent ${wireSent}`);
    }
    const names = last.interfaces.map(({ name }) => name);
    claim(!names.includes('vi'), 'the old name is still there');
    const sent = last.interfaces.find(({ name }) => name === 'uplink')?.sentBytes ?? 0;
    const both = first.wireSent + second.wireSent;
    claim(near(sent, both, 0.001), `uplink has sent ${sent} bytes, both senders ${both}`);
    await host.ip('link', 'del', 'dev', 'uplink');
    return { figures: [`attached after ${ms(took)}, interfaces ${names.join(' ')}`], faults };
  },
};

const EXTRA_ADDRESS = '192.0.2.77';

const addressAdded: Check = {
  name: "packets to an address that is added while nettrace runs are the process's, not forwarded",
  async run(stage) {
    const { host, peer } = stage.world;
    const { faults, claim } = claims();
    const nettrace = watch(host, ['-d', '0.2', host.device]);
    await nettrace.ready();
    await host.ip('addr', 'add', `${EXTRA_ADDRESS}/32`, 'dev', host.device);
    await peer.ip('neigh', 'replace', EXTRA_ADDRESS, 'lladdr', host.mac, 'dev', peer.device, 'nud', 'permanent');
    const port = stage.freshPort();
    const server = await stage.serve(host, 'udp-receive', '0.0.0.0', port);
    const words = ['size=1000', 'rate=2000', 'packets=2000', 'hold=300'];
    await stage.traffic(peer, 'udp-send', EXTRA_ADDRESS, port, ...words).finish();
    const [report] = await server.finish();
    const { rows, last } = await nettrace.stop();
    const forwarded = last.processes
      .filter((row) => row.kind === 'forwarded')
      .reduce((all, row) => all + row.receivedTotal, 0);
    const seen = bytesOf(rows, server.pid);
    const real = report?.wireReceived ?? 0;
    claim(near(seen, real, 0.001), `the server has ${seen} bytes, received ${real}`);
    claim(forwarded === 0, `${forwarded} bytes are shown as forwarded`);
    await host.ip('addr', 'del', `${EXTRA_ADDRESS}/32`, 'dev', host.device);
    return { figures: [`${seen} of ${real} bytes`], faults };
  },
};

const CHILD = { address: '203.0.113.1', peer: '203.0.113.2', mac: '02:00:00:00:66:01' };

/** Its packets cross the device below too (drivers/net/macvlan.c): one owner, two interfaces whose books both close. */
const macvlan: Check = {
  name: "what crosses a macvlan device and the one below it is its process's once",
  async run({ world, ...stage }) {
    const { host, peer } = world;
    const { faults, claim } = claims();
    await host.ip('link', 'add', 'mv0', 'link', host.device, 'address', CHILD.mac, 'type', 'macvlan', 'mode', 'bridge');
    await host.ip('link', 'set', 'dev', 'mv0', 'addrgenmode', 'none');
    await host.ip('addr', 'add', `${CHILD.address}/24`, 'dev', 'mv0');
    await host.ip('link', 'set', 'dev', 'mv0', 'up');
    await host.ip('neigh', 'replace', CHILD.peer, 'lladdr', peer.mac, 'dev', 'mv0', 'nud', 'permanent');
    await peer.ip('addr', 'add', `${CHILD.peer}/24`, 'dev', peer.device);
    await peer.ip('neigh', 'replace', CHILD.address, 'lladdr', CHILD.mac, 'dev', peer.device, 'nud', 'permanent');
    const nettrace = watch(host, ['-d', '0.2', host.device, 'mv0']);
    await nettrace.ready();
    const port = stage.freshPort();
    const far = await stage.serve(peer, 'udp-receive', CHILD.peer, port, 'echo');
    const words = ['size=1000', 'rate=2000', 'packets=1000', 'answers', 'hold=500'];
    const [report] = await stage.traffic(host, 'udp-send', CHILD.peer, port, ...words).finish();
    await far.finish();
    const { rows, last, openBooks } = await nettrace.stop();
    const real = (report?.wireSent ?? 0) + (report?.wireReceived ?? 0);
    const seen = bytesOf(rows, report?.pid ?? 0);
    claim(near(seen, real, 0.001), `the process has ${seen} bytes, moved ${real}`);
    claim(openBooks === 0, `in ${openBooks} refreshes the books do not close`);
    for (const name of [host.device, 'mv0']) {
      const row = last.interfaces.find((one) => one.name === name);
      const { sentBytes = 0, receivedBytes = 0 } = row ?? {};
      claim(
        near(sentBytes + receivedBytes, real, 0.001),
        `${name} counted ${sentBytes + receivedBytes} bytes of ${real}`,
      );
      const left = row?.ledger.cut?.residual;
      claim(left?.sentBytes === 0 && left.receivedBytes === 0, `${name} has a residual: ${JSON.stringify(left)}`);
    }
    await host.ip('link', 'del', 'dev', 'mv0');
    await peer.ip('addr', 'del', `${CHILD.peer}/24`, 'dev', peer.device);
    return { figures: [`${seen} of ${real} bytes`], faults };
  },
};

export const DEVICE_CHECKS: readonly Check[] = [appears, named, renamed, addressAdded, macvlan];
