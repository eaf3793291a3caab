// Owns: the truth of rates: a steady sender is shown with its rate, and with none once it has stopped.
// Knows nothing of: totals.
import { type Check, claims, rowOf } from './check.ts';
import { nethogs } from './nethogs.ts';
import { type Seen, watch } from './watch.ts';

const SIZE = 1000;
const PACKETS_PER_SECOND = 1000;
const SECONDS = 6;
/** Frames wait so long in the capture ring at most; see --snaplen and the ring's timeout in the engine's options. */
const RING_DELAY_MS = 150;

const percent = (value: number) => `${(100 * value).toFixed(2)} %`;

/** Rates of whole intervals within the time in which the sender was sending. */
function steadyRates(seen: readonly Seen[], pid: number, from: number, to: number): number[] {
  return seen
    .filter(({ at, refresh }) => at - refresh.intervalMs > from + RING_DELAY_MS && at < to)
    .map(({ refresh }) => rowOf(refresh, pid)?.sentRate ?? 0);
}

const steadySender: Check = {
  name: 'a steady sender is shown with its rate, and 0 after it stopped',
  async run(stage, compare) {
    const { host, peer } = stage.world;
    const to = [peer.address(4), stage.freshPort()] as const;
    const far = await stage.serve(peer, 'udp-receive', ...to);
    const nettrace = watch(host, ['-d', '1', host.device]);
    const other = compare ? nethogs(host, [host.device], 'kB/s') : undefined;
    await Promise.all([nettrace.ready(), other?.ready()]);
    const words = [`size=${SIZE}`, `rate=${PACKETS_PER_SECOND}`, `packets=${SECONDS * PACKETS_PER_SECOND}`];
    // The socket stays open: a rate that falls to 0 must not need the end of the process.
    const sender = stage.traffic(host, 'udp-send', ...to, ...words, 'hold=3000');
    await nettrace.next((refresh) => (rowOf(refresh, sender.pid)?.sentTotal ?? 0) > 0, 'the sender is seen');
    const began = performance.now();
    const [report] = await sender.finish();
    const stopped = performance.now() - 3000;
    const seen = [...nettrace.seen];
    await nettrace.stop();
    const saw = await other?.stop();
    await far.finish();
    const truth = (report?.wireSent ?? 0) / (report?.seconds ?? 1);
    const errors = steadyRates(seen, sender.pid, began, stopped).map((rate) => rate / truth - 1);
    const worst = errors.reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0);
    const quiet = seen.filter(({ at, refresh }) => at - refresh.intervalMs > stopped + RING_DELAY_MS);
    const frozen = quiet.filter(({ refresh }) => (rowOf(refresh, sender.pid)?.sentRate ?? 0) !== 0);
    const { faults, claim } = claims();
    claim(errors.length >= 3, `only ${errors.length} whole intervals were seen`);
    claim(Math.abs(worst) <= 0.02, `a rate is ${percent(worst)} off`);
    claim(quiet.length >= 1, 'no refresh was seen after the end');
    claim(frozen.length === 0, `${frozen.length} refreshes show a rate after the end`);
    const figures = [
      `true rate ${(truth / 1000).toFixed(1)} kB/s; errors ${errors.map(percent).join(', ')}; ${quiet.length} quiet refreshes`,
    ];
    if (saw) {
      const shown = saw.history.map((rows) => rows.get(String(sender.pid)) ?? rows.get('unknown') ?? 0);
      const peak = Math.max(0, ...shown) * 1024;
      const after = (shown.at(-1) ?? 0) * 1024;
      figures.push(
        `nethogs: at best ${percent(peak / truth - 1)} off; ${(after / 1000).toFixed(1)} kB/s after the end`,
      );
    }
    return { figures, faults };
  },
};

export const RATE_CHECKS: readonly Check[] = [steadySender];
