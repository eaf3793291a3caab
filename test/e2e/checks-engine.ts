// Owns: checks of what an engine costs and survives: CPU with thousands of short processes, a ring that overflows, a
// socket with another tuple each time while nobody reads.
// Knows nothing of: the scenarios.
import { setTimeout } from 'node:timers/promises';
import { bytesOf, type Check, claims, near } from './check.ts';
import { nethogs } from './nethogs.ts';
import { engineWords, type Report } from './scenario.ts';
import { traffic } from './verdict.ts';
import { watch } from './watch.ts';

const MB = 1_000_000;
const total = (reports: readonly Report[]) =>
  reports.reduce((all, report) => all + report.wireSent + report.wireReceived, 0);

/** 400 processes a second; the full run has 2,000 of them. One nettrace at a time, so that its CPU is its own. */
function shortProcesses(engine: string | undefined): Check {
  return {
    name: `CPU with 2,000 short processes in 5 s, ${engine ?? 'own choice'}`,
    async run(stage, compare) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'serve', ...to);
      const nettrace = watch(host, ['-d', '1', ...engineWords(engine), host.device]);
      const other = compare ? nethogs(host, [host.device]) : undefined;
      await Promise.all([nettrace.ready(), other?.ready()]);
      const words = [`processes=${400 * stage.scale}`, 'rate=400', 'bytes=2000'];
      const began = performance.now();
      const own = await stage.traffic(host, 'swarm', ...to, ...words).finish();
      const seconds = (performance.now() - began) / 1000;
      const watched = await nettrace.stop();
      const saw = await other?.stop();
      await far.finish();
      const real = total(own);
      const pids = new Set(own.map(({ pid }) => pid));
      const seen = [...pids].reduce((all, pid) => all + bytesOf(watched.rows, pid), 0);
      const figures = [
        `${own.length} processes in ${seconds.toFixed(1)} s: ${watched.cpuSeconds.toFixed(2)} s CPU with its start, ` +
          `${((100 * seen) / real).toFixed(2)} % found`,
      ];
      if (saw) figures.push(`nethogs ${saw.cpuSeconds.toFixed(2)} s CPU`);
      const { faults, claim } = claims();
      claim(engine !== 'bpf' || seen >= real * 0.999, `${seen} of ${real} bytes are on their processes`);
      return { figures, faults };
    },
  };
}

/** 64-byte frames as fast as a process can, into the smallest ring there is. */
function overflow(engine: string | undefined): Check {
  return {
    name: `a ring that overflows, ${engine ?? 'own choice'}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const tcp = [peer.address(4), stage.freshPort()] as const;
      const udp = [peer.address(4), stage.freshPort()] as const;
      const far = [await stage.serve(peer, 'serve', ...tcp), await stage.serve(peer, 'udp-receive', ...udp)];
      const nettrace = watch(host, ['-d', '0.5', '--ring-size', '1MiB', ...engineWords(engine), host.device]);
      await nettrace.ready();
      const before = await host.counters();
      const known = stage.traffic(host, 'connect', ...tcp, `bytes=${2 * MB * stage.scale}`, `rate=${MB}`);
      // A datagram of 22 bytes is a frame of 64.
      const packets = `packets=${400_000 * stage.scale}`;
      const senders = [1, 2].map(() => stage.traffic(host, 'udp-send', ...udp, 'size=22', 'rate=0', packets).finish());
      // While it stands still nobody empties its ring: drops are certain, however fast the machine is.
      process.kill(nettrace.pid, 'SIGSTOP');
      await setTimeout(500);
      process.kill(nettrace.pid, 'SIGCONT');
      const flood = (await Promise.all(senders)).flat();
      const own = await known.finish();
      const wire = traffic(before, await host.counters());
      const watched = await nettrace.stop();
      for (const server of far) await server.finish();
      const { last, rows } = watched;
      const counted = last.total.sentTotal + last.total.receivedTotal;
      const residual = Math.abs(counted - wire);
      const { faults, claim } = claims();
      claim(last.drops.kernel > 0, 'nothing was dropped, so nothing was shown');
      if (engine === 'bpf') {
        claim(residual <= wire * 0.001, `all rows are ${counted} bytes, the interface moved ${wire}`);
        for (const { pid, wireSent, wireReceived } of [...own, ...flood]) {
          const [seen, real] = [bytesOf(rows, pid), wireSent + wireReceived];
          claim(near(seen, real, 0.001), `process ${pid} has ${seen} bytes, moved ${real}`);
        }
      }
      const knownBytes = bytesOf(rows, known.pid);
      return {
        figures: [
          `${last.drops.kernel} frames dropped, residual ${((100 * residual) / wire).toFixed(3)} % of ${wire} bytes, ` +
            `known process ${knownBytes} of ${total(own)} bytes`,
        ],
        faults,
      };
    },
  };
}

/** More tuples than the socket meter's ring has room to tell of singly, of which half has crossed when it is read. */
function anew(engine: string | undefined): Check {
  return {
    name: `a socket that connects anew while nettrace stands still, ${engine ?? 'own choice'}`,
    async run(stage) {
      const { host, peer } = stage.world;
      const to = [peer.address(4), stage.freshPort()] as const;
      const far = await stage.serve(peer, 'udp-receive', ...to);
      const nettrace = watch(host, ['-d', '0.5', ...engineWords(engine), host.device]);
      await nettrace.ready();
      const before = await host.counters();
      const sender = stage.traffic(host, 'udp-send', ...to, 'size=200', 'rate=4000', 'packets=8000', 'anew').finish();
      process.kill(nettrace.pid, 'SIGSTOP');
      await setTimeout(1200);
      process.kill(nettrace.pid, 'SIGCONT');
      const own = await sender;
      const wire = traffic(before, await host.counters());
      const { last, rows } = await nettrace.stop();
      await far.finish();
      const counted = last.total.sentTotal + last.total.receivedTotal;
      const { faults, claim } = claims();
      claim(counted <= wire * 1.001, `all rows are ${counted} bytes, the interface moved ${wire}`);
      const [seen, real] = [bytesOf(rows, own[0]?.pid ?? 0), total(own)];
      claim(seen <= real * 1.001, `its process has ${seen} bytes, moved ${real}`);
      if (engine === 'bpf' && last.drops.kernel === 0) claim(near(seen, real, 0.001), `${seen} of ${real} bytes`);
      return {
        figures: [`${seen} of ${real} bytes, all rows ${counted} of ${wire}; ${last.drops.kernel} drops`],
        faults,
      };
    },
  };
}

export function engineChecks(engines: readonly string[]): readonly Check[] {
  const asked = engines.length === 0 ? [undefined] : engines;
  return asked.flatMap((engine) => [shortProcesses(engine), overflow(engine), anew(engine)]);
}
