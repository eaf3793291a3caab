// Owns: the end of something that runs until it is asked to end or fails: told once, after everything is given back.
// Knows nothing of: what runs.

export interface Ending<End> {
  readonly ended: Promise<End>;
  /** The first end counts. */
  settle(end: End): void;
  /** A step that ends the run if it throws (the screen must not hide it), and does nothing after the end. */
  guarded<A extends readonly unknown[]>(step: (...args: A) => void): (...args: A) => void;
}

/** @param release gives everything back, once, before the end is told */
export function createEnding<End>(release: () => void): Ending<End> {
  let resolve: (end: End) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  let isOver = false;
  const ended = new Promise<End>((onEnd, onError) => {
    resolve = onEnd;
    reject = onError;
  });
  const over = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    release();
    tell();
  };
  return {
    ended,
    settle: (end) => over(() => resolve(end)),
    guarded:
      (step) =>
      (...args) => {
        if (isOver) return;
        try {
          step(...args);
        } catch (error) {
          over(() => reject(error));
        }
      },
  };
}
