// Owns: the one order in which things are given back, whatever made the program end.
// Knows nothing of: what the things are.

/** In this order. The screen comes first, so that whatever is said afterwards is readable. */
export const STAGES = ['screen', 'engine', 'log'] as const;
export type Stage = (typeof STAGES)[number];

export interface Shutdown {
  /** Aborted once the program should end; loops and sleeps watch it. */
  readonly stop: AbortSignal;
  /** Asks for the end. The first reason counts. */
  request(reason: string): void;
  /** The first reason, undefined while none was given. */
  readonly reason: string | undefined;
  /** Registers what must be given back; within a stage the latest first. Must be idempotent. */
  add(stage: Stage, release: () => void): void;
  /** Gives everything back, each thing once; a failure does not keep the others. Returns the failures. */
  run(): readonly unknown[];
}

export function createShutdown(): Shutdown {
  const controller = new AbortController();
  const releases: Record<Stage, (() => void)[]> = { screen: [], engine: [], log: [] };
  let reason: string | undefined;
  return {
    stop: controller.signal,
    request(why) {
      reason ??= why;
      controller.abort();
    },
    get reason() {
      return reason;
    },
    add(stage, release) {
      releases[stage].push(release);
    },
    run() {
      const failures: unknown[] = [];
      for (const stage of STAGES) {
        for (let release = releases[stage].pop(); release; release = releases[stage].pop()) {
          try {
            release();
          } catch (error) {
            failures.push(error);
          }
        }
      }
      return failures;
    },
  };
}
