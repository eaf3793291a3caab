// Owns: a recording: refreshes into a file until it is ended, long enough or large enough.
// Knows nothing of: the form of the file, and what is counted.
import { closeSync } from 'node:fs';
import { redactSecrets } from '../../base/redact.ts';
import { sanitize } from '../../base/sanitize.ts';
import { formatSize, quantityText } from '../../base/units.ts';
import type { Sample, SampleLabels } from '../../model/sample.ts';
import { withTexts } from '../../native/snapshot-texts.ts';
import type { Ancestor } from '../../procfs/ancestors.ts';
import { createFeedWriter, type FeedWriter } from '../../store/feed-writer.ts';
import { type Clock, ticks } from '../clock.ts';
import type { Collector } from '../collector.ts';
import { describeErrno, UserError } from '../user-error.ts';
import type { RecordRequest } from './record-request.ts';

/** More connections than this are left out of a refresh: each would be written every second. */
const MOST_FLOWS = 20_000;

export interface RecordRun {
  readonly request: RecordRequest;
  /** Of the new file; it is closed in the end. */
  readonly fd: number;
  readonly labels: SampleLabels;
  readonly collector: Collector;
  readonly clock: Clock;
  readonly wallClock: () => number;
  readonly stop: AbortSignal;
  readonly intervalMs: number;
  readonly say: (text: string) => void;
}

/** Ends by itself where it was asked to. Throws UserError where the file cannot be written; what it holds is whole. */
export async function runRecording(run: RecordRun): Promise<void> {
  const { request, clock, stop, intervalMs } = run;
  const shown = sanitize(request.file, 200);
  let writer: FeedWriter | undefined;
  try {
    const head = { version: request.version, labels: run.labels, intervalMs };
    writer = await createFeedWriter(run.fd, head, run.wallClock());
    const endMs = request.duration === 0 ? Number.POSITIVE_INFINITY : clock.now() + request.duration * 1000;
    const full = () => request.maxSize > 0 && (writer as FeedWriter).bytes >= request.maxSize;
    for await (const _ of ticks(clock, intervalMs, stop)) {
      if (stop.aborted || clock.now() >= endMs || full()) break;
      await writer.add(takeSample(run));
    }
    run.collector.stop();
    if (!full()) await writer.add(takeSample(run));
    run.say(`${writer.refreshes} refreshes, ${sizeText(writer.bytes)} in ${shown}; see them with "nettrace replay"`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    const kept = writer === undefined ? '' : `; the ${writer.refreshes} refreshes before are in it`;
    throw new UserError(`cannot write ${shown}: ${describeErrno(error)}${kept}`, 'running');
  } finally {
    if (writer === undefined) closeSync(run.fd);
    else await writer.close();
  }
}

function takeSample({ request, collector }: RecordRun): Sample {
  const live = collector.latest()?.snapshot.meta.flowsLive[0] ?? 0;
  collector.sample(request.connections && live <= MOST_FLOWS);
  const { ancestorOf, ...sample } = collector.latest() as Sample;
  const snapshot = withoutSecrets(sample, request.showArgv);
  if (ancestorOf === undefined) return { ...sample, snapshot };
  return { ...sample, snapshot, ancestorOf: (pid) => withoutItsSecrets(ancestorOf(pid), request.showArgv) };
}

function withoutItsSecrets(ancestor: Ancestor | undefined, showArgv: boolean): Ancestor | undefined {
  if (ancestor === undefined) return undefined;
  const program = redactSecrets(ancestor.program);
  return { ...ancestor, program, commandLine: showArgv ? redactSecrets(ancestor.commandLine) : program };
}

/** Command lines hold passwords: without their arguments, or with what looks like a secret left out. */
function withoutSecrets({ snapshot }: Pick<Sample, 'snapshot'>, showArgv: boolean) {
  return withTexts(snapshot, snapshot.owners.commandLine, (bytes) => {
    const all = Buffer.from(bytes).toString('latin1').split('\0');
    const [title = '', ...rest] = showArgv ? all : all.slice(0, 1);
    const words = rest.length === 0 ? [] : redactSecrets(rest.join(' ')).split(' ');
    return Buffer.from([redactSecrets(title), ...words].join('\0'), 'latin1');
  });
}

function sizeText(bytes: number): string {
  return quantityText(formatSize(bytes, { base: 'si', quantity: 'bytes' })).trim();
}
