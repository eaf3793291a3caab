// Owns: the scenarios of sockets that are older than nettrace: connected before anybody watches, used only after.
// Knows nothing of: how they are watched and judged.
import { fromPeers, moved, type Place, type Scenario, type Stage, type Traffic } from './scenario.ts';

const MB = 1_000_000;

/** Who waits for its start, and who is at the other end. */
interface Ends {
  readonly early: Traffic;
  readonly other: Traffic;
}

/** `connect` runs before nettrace; the traffic begins when the early end is told to finish. */
function older(name: string, ofHost: keyof Ends, connect: (stage: Stage) => Promise<Ends>): Scenario {
  const ready = new WeakMap<Stage, Ends>();
  return {
    name: `${name} that is older than nettrace`,
    async prepare(stage) {
      ready.set(stage, await connect(stage));
    },
    async run(stage) {
      const ends = ready.get(stage);
      if (ends === undefined) throw new Error('nothing is connected');
      const reports = { early: await ends.early.finish(), other: await ends.other.finish() };
      const peers = moved(reports[ofHost === 'early' ? 'other' : 'early']);
      return { expected: fromPeers(moved(reports[ofHost]), peers), nameable: true };
    },
  };
}

async function stream(stage: Stage, server: Place, address: string, client: Place): Promise<Ends> {
  const to = [address, stage.freshPort()] as const;
  const other = await stage.serve(server, 'serve', ...to);
  const words = ['early', `bytes=${4 * MB * stage.scale}`, `rate=${4 * MB}`, 'hold=500'];
  return { early: await stage.serve(client, 'connect', ...to, ...words), other };
}

async function datagrams(stage: Stage): Promise<Ends> {
  const { host, peer } = stage.world;
  const to = [peer.address(4), stage.freshPort()] as const;
  const other = await stage.serve(peer, 'udp-receive', ...to, 'echo');
  const words = ['early', 'answers', 'size=1000', 'rate=2000', `packets=${2400 * stage.scale}`];
  return { early: await stage.serve(host, 'udp-send', ...to, ...words), other };
}

export const OLDER_SCENARIOS: readonly Scenario[] = [
  older('TCP connection', 'early', (stage) =>
    stream(stage, stage.world.peer, stage.world.peer.address(4), stage.world.host),
  ),
  older('TCP connection to a server', 'other', (stage) =>
    stream(stage, stage.world.host, stage.world.host.address(6), stage.world.peer),
  ),
  older('connected UDP socket', 'early', datagrams),
];
