// Owns: the budgets of the service's collector: fed by every refresh, kept in their file, changes told to log and webhooks.
// Knows nothing of: HTTP of the front, and how budgets are counted.
import { join } from 'node:path';
import { sanitize } from '../../base/sanitize.ts';
import type { BudgetGain } from '../../model/budget.ts';
import { type BudgetObject, budgetObject, budgetSentence } from '../../model/budget-text.ts';
import {
  type BudgetChange,
  type BudgetReading,
  createBudgetWatch,
  type SavedBudgets,
} from '../../model/budget-watch.ts';
import type { Model, OwnerRow } from '../../model/model.ts';
import { createHistoryAccount } from '../../store/history-account.ts';
import type { HistoryRow } from '../../store/history-row.ts';
import { BUDGET_FILE, readBudgetFile, writeBudgetFile } from '../budgets/file.ts';
import { createWebhooks, sendWebhook } from '../budgets/webhook.ts';
import { describeErrno } from '../user-error.ts';
import type { World } from '../world.ts';
import { type Verb, verb } from './answers.ts';
import { QUESTIONS } from './questions.ts';
import type { CollectorOrders } from './request.ts';

export interface BudgetService {
  readonly add: (model: Model) => void;
  /** As of the last refresh. */
  readonly readings: () => readonly BudgetReading[];
  /** For `service.budgets` of a snapshot; undefined: none are watched. */
  readonly objects: () => readonly BudgetObject[] | undefined;
  readonly verb: Verb;
  /** Saves what there is, and gives webhooks a moment. */
  readonly stop: () => Promise<void>;
}

export interface BudgetParts {
  readonly orders: Pick<CollectorOrders, 'budgets' | 'stateDir'>;
  /** What had been counted before the first refresh that `add` gets. */
  readonly baseline: readonly OwnerRow[];
  /** An event for readers of events, and a line of the log. */
  readonly tell: (level: 'info' | 'warn', text: string, more: Readonly<Record<string, unknown>>) => void;
}

/** What a collector that dies may lose. */
const SAVE_MS = 5_000;
const STOP_MS = 700;

export function startBudgets(world: World, { orders, baseline, tell }: BudgetParts): BudgetService {
  const { budgets, stateDir } = orders;
  const say = (text: string) => world.stderr(`nettrace: ${sanitize(text, 400)}\n`);
  const watch = createBudgetWatch(
    budgets.map(({ budget }) => budget),
    budgets.length === 0 ? undefined : readSaved(stateDir, say),
  );
  const account = createHistoryAccount({ remotes: false, baseline });
  const hooks = createWebhooks({
    send: sendWebhook,
    clock: world.clock,
    wallClock: world.wallClock,
    random: Math.random,
    say,
  });
  const saver = createSaver(world, stateDir, watch.records, say);
  const announce = (change: BudgetChange, model: Model) => {
    const text = budgetSentence(change);
    const level = change.reading.state === 'ok' ? 'info' : 'warn';
    const budget = budgetObject(change.reading);
    tell(level, text, { budget, before: change.before });
    const hook = budgets.find((each) => each.budget.name === budget.name)?.webhook;
    if (hook === undefined) return;
    const time = new Date(world.wallClock()).toISOString();
    const body = { event: 'budget', time, host: model.host.hostname, text, before: change.before, budget };
    hooks.add(hook, budget.name, JSON.stringify(body));
  };
  return {
    add(model) {
      if (budgets.length === 0) return;
      account.add(model);
      const now = { wallMs: world.wallClock(), monotonicMs: world.clock.now() };
      const changes = watch.add(account.take().map(gainOf), now);
      for (const change of changes) announce(change, model);
      saver.save(changes.length > 0);
    },
    readings: watch.readings,
    objects: () => (budgets.length === 0 ? undefined : watch.readings().map(budgetObject)),
    verb: verb(QUESTIONS.budgets, () => ({ budgets: watch.readings().map(budgetObject) })),
    async stop() {
      if (budgets.length === 0) return;
      await Promise.all([saver.last(), hooks.stop(STOP_MS)]);
    },
  };
}

function gainOf({ owner, amounts }: HistoryRow): BudgetGain {
  const { kind, program, user, unit, container, interface: device, repeated } = owner;
  return {
    ...{ kind, program, user, unit, container, repeated },
    interface: device,
    sentBytes: amounts[0],
    receivedBytes: amounts[1],
  };
}

/** A file that cannot be read is said, and everything begins at 0. */
function readSaved(folder: string, say: (text: string) => void): SavedBudgets | undefined {
  try {
    return readBudgetFile(join(folder, BUDGET_FILE));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      say(
        `what budgets had used is not known: ${join(folder, BUDGET_FILE)}: ${code === undefined ? message : describeErrno(error)}`,
      );
    }
    return undefined;
  }
}

/** One file after the other; a full disk is told once, and counting goes on. */
function createSaver(
  world: World,
  folder: string,
  records: () => SavedBudgets['records'],
  say: (text: string) => void,
) {
  let dueMs = 0;
  let busy = Promise.resolve();
  let writing = false;
  let again = false;
  let failing = false;
  const write = async (): Promise<void> => {
    writing = true;
    do {
      again = false;
      dueMs = world.clock.now() + SAVE_MS;
      try {
        await writeBudgetFile(folder, { savedMs: world.wallClock(), records: records() });
        failing = false;
      } catch (error) {
        if (!failing) say(`what budgets have used cannot be saved: ${describeErrno(error)}`);
        failing = true;
      }
    } while (again);
    writing = false;
  };
  return {
    save(now: boolean) {
      if (!now && world.clock.now() < dueMs) return;
      if (writing) again = now;
      else busy = write();
    },
    async last() {
      await busy;
      await write();
    },
  };
}
