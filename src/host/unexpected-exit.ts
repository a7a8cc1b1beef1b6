/** How the process came to its end. */
export interface UnexpectedExit {
  /** The code it was to end with. */
  readonly code: number;
  /** What nobody caught; undefined where somebody called `process.exit` or nothing was left to wait for. */
  readonly error: unknown;
}

/**
 * Calls back, at the last moment, when the process ends while it should not: by
 * `process.exit`, by an error that nobody caught, or because nothing is left to wait for.
 * What is called must be done when it returns. The exit code becomes 1 where it was 0.
 *
 * @returns takes the watch away
 */
export function onUnexpectedExit(callback: (exit: UnexpectedExit) => void): () => void {
  let error: unknown;
  const onError = (thrown: unknown): void => {
    error = thrown;
  };
  const onExit = (code: number): void => {
    if (code === 0) process.exitCode = 1;
    callback({ code, error });
  };
  process.on("uncaughtExceptionMonitor", onError);
  // What was set up last is put in order first: the view before the words about the run.
  process.prependListener("exit", onExit);
  return () => {
    process.off("uncaughtExceptionMonitor", onError);
    process.off("exit", onExit);
  };
}
