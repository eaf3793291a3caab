// Owns: the history of the service's collector: every refresh is written down, questions in people's words are answered.
// Knows nothing of: HTTP and the file.
import { sanitize } from '../../base/sanitize.ts';
import type { Model, OwnerRow } from '../../model/model.ts';
import { HistoryError } from '../../store/history-db.ts';
import type { HistoryQuestion } from '../../store/history-schema.ts';
import { createHistoryWriter, type HistoryWriter } from '../../store/history-writer.ts';
import { parseTime, TIME_WORDS } from '../../store/time-words.ts';
import type { World } from '../world.ts';
import { type AnswerError, type Verb, verb } from './answers.ts';
import { type HistoryWords, QUESTIONS } from './questions.ts';
import type { CollectorOrders } from './request.ts';

export interface HistoryService {
  /** Whether the next sample should have its flows: by them bytes have a remote end. */
  readonly wantsFlows: (latest: Model | undefined) => boolean;
  readonly add: (model: Model) => void;
  readonly verb: Verb;
  /** Writes what there is. */
  readonly stop: () => Promise<void>;
}

/** Each is compared with itself at every refresh: a flood must not take the event loop for names of remotes. */
const MOST_FLOWS = 20_000;

/** After a try to open the file that failed. */
const AGAIN_MS = 10_000;

const words = QUESTIONS.history;

/**
 * A service whose history cannot be opened counts all the same, says so, and tries again: the disk was full, or the
 * collector before this one has not let go of it.
 * @param baseline what had been counted before the first refresh
 */
export async function startHistory(
  world: World,
  { historyFile, history }: Pick<CollectorOrders, 'historyFile' | 'history'>,
  baseline: readonly OwnerRow[],
  say: (text: string) => void,
): Promise<HistoryService> {
  const { limits, remotes } = history;
  if (historyFile === undefined) return without('this service keeps no history (--no-history)');
  const { clock, wallClock } = world;
  let writer: HistoryWriter | undefined;
  let problem = '';
  let opening = false;
  let tried = false;
  let againMs = 0;
  const open = async () => {
    opening = true;
    try {
      writer = await createHistoryWriter({
        file: historyFile,
        limits,
        remotes,
        ...(tried ? {} : { baseline }),
        now: clock.now,
        wallClock,
        onNote: (_, text) => say(text),
      });
      if (problem !== '') say(`the history ${sanitize(historyFile, 200)} is written from now on`);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      const text = sanitize(error.message, 400);
      if (text !== problem) say(`no history is kept: ${text}`);
      problem = text;
    }
    opening = false;
    tried = true;
    againMs = clock.now() + AGAIN_MS;
  };
  await open();
  return {
    wantsFlows: (latest) => remotes && writer !== undefined && !hasManyFlows(latest),
    add(model) {
      // Flows may have been sampled for somebody else: 60,000 of them as rows are 50 MB of garbage in each refresh.
      if (writer !== undefined) writer.add(hasManyFlows(model) ? withoutFlows(model) : model);
      else if (!opening && clock.now() >= againMs) void open();
    },
    verb: verb(words, (question) => {
      if (writer === undefined) throw refusal(503, problem);
      return answer(writer, world, question);
    }),
    stop: () => writer?.stop() ?? Promise.resolve(),
  };
}

function hasManyFlows(model: Model | undefined): boolean {
  return (model?.attribution.flowsLive ?? 0) > MOST_FLOWS;
}

/** The same model; its flows are not even looked at, since they become rows when they are. */
function withoutFlows(model: Model): Model {
  return Object.create(model, { flows: { value: undefined }, flowList: { value: undefined } }) as Model;
}

function without(error: string): HistoryService {
  const refuse = verb(words, () => {
    throw refusal(503, error);
  });
  return { wantsFlows: () => false, add: () => {}, verb: refuse, stop: () => Promise.resolve() };
}

async function answer(writer: HistoryWriter, world: World, { since, until, by, limit, step }: HistoryWords) {
  const [sinceMs, untilMs] = [timeOf('since', since, world), timeOf('until', until, world)];
  if (sinceMs >= untilMs) throw refusal(400, 'since must be earlier than until');
  const question: HistoryQuestion = { sinceMs, untilMs, by, limit, ...(step === undefined ? {} : { step }) };
  try {
    return await writer.ask(question);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw refusal(503, sanitize(error.message, 400));
  }
}

function timeOf(name: string, text: string, world: World): number {
  const time = parseTime(text, world.wallClock());
  if (time === undefined || !Number.isFinite(time)) throw refusal(400, `${name} must be a time such as ${TIME_WORDS}`);
  return time;
}

function refusal(status: number, error: string): AnswerError {
  return { status, error };
}
