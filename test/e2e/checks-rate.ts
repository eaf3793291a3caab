// Owns: the truth of rates: a steady sender is shown with its rate, and with none once it has stopped.
// Knows nothing of: totals.
import { type Check, claims, rowOf } from './check.ts';
import { nethogs } from './nethogs.ts';
import { type Seen, watch } from './watch.ts';

const SIZE = 1000;
const PACKETS_PER_SECOND = 1000;
const SECONDS = 6;
/** How far the clock of the intervals may be off ours: lines come late from a busy machine. */
const CLOCK_OFF = 0.2;

const percent = (value: number) => `${(100 * value).toFixed(2)} %`;

/** What each refresh said of the sender, and the bytes by which its total had grown. */
function intervals(seen: readonly Seen[], pid: number) {
  let before = 0;
  return seen.map(({ refresh }) => {
    const { sentTotal = 0, sentRate = 0 } = rowOf(refresh, pid) ?? {};
    const bytes = sentTotal - before;
    before = sentTotal;
    return { bytes, total: sentTotal, seconds: refresh.intervalMs / 1000, rate: sentRate ?? 0 };
  });
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

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
    const [report] = await sender.finish();
    await nettrace.next(() => true, 'a refresh after the end');
    const seen = [...nettrace.seen];
    const lines = intervals(seen, sender.pid);
    await nettrace.stop();
    const saw = await other?.stop();
    await far.finish();
    const sent = report?.wireSent ?? 0;
    const truth = sent / (report?.seconds ?? 1);
    const errors = lines.filter(({ bytes }) => bytes > 0).map((one) => one.rate / (one.bytes / one.seconds) - 1);
    const worst = Math.max(...errors.map(Math.abs));
    // The first and the last one it did not fill.
    const whole = lines.filter(({ bytes }) => bytes > 0).slice(1, -1);
    const rates = sum(lines.map(({ rate, seconds }) => rate * seconds));
    const clock =
      (1000 * sum(lines.slice(1).map(({ seconds }) => seconds))) / ((seen.at(-1)?.at ?? 0) - (seen[0]?.at ?? 0));
    const end = lines.findIndex(({ total }) => total === sent);
    const quiet = end < 0 ? [] : lines.slice(end + 1);
    const { faults, claim } = claims();
    claim(whole.length >= 3, `only ${whole.length} whole intervals were seen`);
    claim(worst <= 0.001, `a rate is ${percent(worst)} off what its interval brought`);
    claim(Math.abs(rates / sent - 1) <= 0.001, `all rates are ${percent(rates / sent - 1)} off all bytes`);
    claim(Math.abs(clock - 1) <= CLOCK_OFF, `the intervals are ${percent(clock - 1)} off the time that passed`);
    claim(end >= 0, `of ${sent} bytes ${lines.at(-1)?.total} were seen`);
    claim(quiet.length >= 1, 'no refresh was seen after the end');
    claim(
      quiet.every(({ rate }) => rate === 0),
      'a refresh shows a rate after the end',
    );
    const figures = [
      `true rate ${(truth / 1000).toFixed(1)} kB/s; clock ${percent(clock - 1)} off; errors ` +
        `${errors.map(percent).join(', ')}; ${quiet.length} quiet refreshes`,
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
